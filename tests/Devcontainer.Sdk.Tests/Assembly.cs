// Each test starts builds: two at a time are what a small machine has cores for.
[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.MethodLevel)]
