/** Takes away what any proxy has made on the node, so that the next one begins with nothing. */

/** A shell script. */
export const CLEAN = `ipvsadm -C
ip link del kube-ipvs0 2>/dev/null || true
nft flush ruleset
ipset destroy
conntrack -F 2>/dev/null || true`;
