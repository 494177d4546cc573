#!/bin/sh
set -e

mkdir -p /opt/toolbox/bin
cat > /opt/toolbox/bin/whereami <<'SCRIPT'
#!/bin/sh
printf '%s in %s\n' "$(uname -m)" "$TOOLBOX_HOME"
SCRIPT
chmod 0755 /opt/toolbox/bin/whereami
