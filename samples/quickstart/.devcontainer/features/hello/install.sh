#!/bin/sh
set -e

# The option arrives as the variable GREETING; the file keeps it as data, so that whatever it says is printed and never run.
mkdir -p /usr/local/share/hello
printf '%s\n' "$GREETING" > /usr/local/share/hello/greeting

cat > /usr/local/bin/hello <<'SCRIPT'
#!/bin/sh
printf '%s, %s on %s\n' "$(cat /usr/local/share/hello/greeting)" "$(id -un)" "$(uname -m)"
SCRIPT
chmod 0755 /usr/local/bin/hello
