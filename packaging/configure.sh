# After the files are in place. Upgrades what is set up already; what fails is
# said, and does not stop the package manager.
home="${DPKG_ROOT:-}/var/ossec"
program="$home/integrations/custom-opencti"
if [ -d "$home/queue/sockets" ]; then
  chown "root:$(stat -c %g "$home/queue/sockets")" "$program"
  chmod 0750 "$program"
  "$program" --home "$home" install </dev/null ||
    echo "custom-opencti: to set it up, run $program install --url URL"
else
  echo "custom-opencti: there is no Wazuh manager in $home"
fi
