from scratch as one
copy docs/a.md /x/
from scratch
copy --from=ONE /x/a.md /y/
#: expect docs/a.md
