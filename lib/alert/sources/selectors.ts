// deno-fmt-ignore-file
/**
 * The rule groups and decoders of each family's sources, and the first field of
 * those that are selected by conditions alone. Made by `deno task docs`.
 *
 * @module
 */

/** See above. */
export const SELECTORS = {
  hosts: {
    groups: ["access_control","active_response","audit","audit_*","audit_command","audit_detections","bash*","clamd","cron","crond","dns","docker","dropbear","errors","eset","freshclam","ftpd","gitlab*","macOS","mcafee_epo","mysql_log","nextcloud","openldap","openvpn","osquery","osquery_*","pam","paps","postgresql_log","powershell","proftpd","pure-ftpd","racoon*","roundcube","smbd","snoopy*","sqlserver","sshd","su","sudo","syscheck_entry_added","syscheck_entry_modified","sysmon","sysmon_*","telnetd","vsftpd","wazuh_api","win_evt_channel","windows","windows_defender","windows_dns","windows_firewall","wordpress"],
    decoders: ["ar_log_json","auditd","bash*","clamd","cron*","dropbear","eset-*","macOS_screensharingd","mcafee-*","openldap","openvpn","pam","paps","proftpd","pure-ftpd","racoon*","roundcube","smbd","snoopy*","sqlserver","sshd","su","sudo","syscheck_*","sysmon-linux*","vsftpd","wazuh-api-info","windows_eventchannel","wordpress"],
    fields: ["data.integration","data.osquery.name","full_log","syscheck.event"],
  },
  network: {
    groups: ["Cloudflare*","Maltrail*","WAF","arbor","bro","checkpoint-smart1","cisco-asa","cisco-estreamer","cisco-ftd","cisco_ios","cisco_vpn","f5-bigip","fireeye","firewall","firewall_*","fortiauth","fortigate","huawei_usg","ids","imperva","junos","junos-*","maltrail*","netscaler","netscaler-*","netscreenfw","opnsense","packetbeat","paloalto","pfsense","pix","sonicwall","sophos","sophos-fw","suricata","watchguard*","zeek"],
    decoders: ["*fireeye*","arbor","checkpoint-*","cisco-asa","cisco-estreamer","cisco-ftd","cisco-ios","cisco-vpn-concentrator","f5-bigip*","fortiauth","fortiddos*","fortigate*","huawei-usg","imperva","iptables*","junos-*","kernel","maltrail*","netscaler","netscreenfw","paloalto","pf","pix","snort","sonicwall*","sophos*","ufw*","watchguard*"],
    fields: ["data.RayID","data.method"],
  },
  web: {
    groups: ["accesslog","apache","barracuda","dnsmasq*","dovecot","exchange","exim","fortimail","mailscanner","named","nginx","pi-hole*","pihole*","postfix","sendmail","squid","unbound","web","yara","yara_*"],
    decoders: ["ECPServerLog","HTTPProxyLog","apache-*","barracuda-*","dnsmasq*","dovecot*","fortimail*","named","nginx-*","pihole*","postfix*","sendmail*","squid-*","unbound","web-accesslog*","yara*"],
    fields: [],
  },
  clouds: {
    groups: ["amazon","amazon_security_lake","asl_*","aws","aws_*","azure","gcp","git","github","maltiverse","ms-graph","office365","virustotal"],
    decoders: [],
    fields: ["data.azure_tag","data.integration"],
  },
} as const;
