# Before the files are removed for good: takes the rest out too.
home="${DPKG_ROOT:-}/var/ossec"
program="$home/integrations/custom-opencti"
if [ -x "$program" ] && [ -d "$home/queue/sockets" ]; then
  "$program" --home "$home" uninstall ||
    echo "custom-opencti: not taken out, see above"
fi
