# shellcheck shell=bash
# The addresses of the lab, and the configuration that cgnd is given there.
# shellcheck disable=SC2034  # used by those who source this
#
#   sub  2001:db8:0:1::2 ── inside  2001:db8:0:1::1 ┐
#        B4 2001:db8:100:1::1                       │ cgn  outside 198.51.100.1 ── inet
#   nsub 10.0.0.2 ───────── inside4 10.0.0.1 ───────┘              2001:db8:0:2::1
#
# All of it comes from the documentation prefixes, so nothing here can be mistaken for a
# real network.

AFTR6=2001:db8::aaaa         # where softwires end
BOX_IN6=2001:db8:0:1::1      # the box towards sub …
SUB_WAN6=2001:db8:0:1::2     # … and sub towards the box
B4_NET=2001:db8:100          # B4 number N is $B4_NET:N::1
SUB_HOST4=192.168.1.10       # behind every B4 the same, on purpose
BOX_IN4=10.0.0.1
NSUB4=10.0.0.2
BOX_OUT4=198.51.100.1
INET4=198.51.100.2
BOX_OUT6=2001:db8:0:2::1
INET6=2001:db8:0:2::2
WEB4=192.0.2.80              # nginx
DNS4=192.0.2.53              # dnsmasq, which answers for lab.test
IPERF4=192.0.2.52
POOLS4=203.0.113.0/24        # what the box translates to
INET_ADDRESSES="$WEB4 $DNS4 $IPERF4"

# lab_conf_list COUNT FORMAT: FORMAT printed for 1..COUNT, joined by commas.
lab_conf_list() {
	local n out=''
	for ((n = 1; n <= $1; n++)); do
		# shellcheck disable=SC2059
		out+="${out:+, }$(printf "${2//@/$n}")"
	done
	printf '%s' "$out"
}

# lab_conf_lcores BOARDS: control on the first CPU, board N on CPU N modulo all.
lab_conf_lcores() {
	local n out="0@0" cpus
	cpus=$(nproc)
	for ((n = 1; n <= $1; n++)); do out+=",$n@$((n % cpus))"; done
	printf '%s' "$out"
}

# lab_conf_locations: one on each board; with LAB_BACKUP=1 each backed up by the next one,
# the last by the first.
lab_conf_locations() {
	local n out=''
	for ((n = 1; n <= LAB_BOARDS; n++)); do
		out+="${out:+, }{ id = $n; slot = $n; cpu = 0;"
		[ "$LAB_BACKUP" != 1 ] ||
			out+=" backup: { slot = $((n % LAB_BOARDS + 1)); cpu = 0; };"
		out+=" }"
	done
	printf '%s' "$out"
}

# The ports are AF_PACKET unless told otherwise: fast, and there on every kernel. But its
# driver has the kernel put IPv4 fragments together before the box sees them. Tests of the
# box's own reassembly of IPv4 take pcap.
#
# lab_conf: prints the configuration; reads LAB_RUN, LAB_NAME and the LAB_ options.
# LAB_POLICY, LAB_DS_LITE and LAB_NAT44 are further keys of both instances and of each.
lab_conf() {
	cat <<CONF
node: { name = "lab-$LAB_NAME"; run_dir = "$LAB_RUN/cgnd"; };

dpdk: { lcores = "$(lab_conf_lcores "$LAB_BOARDS")"; control_lcore = 0;
        hugepages = $LAB_HUGEPAGES; memory_mb = $LAB_MEMORY; idle = "sleep"; };

ports: ( { name = "inside"; device = "net_${LAB_DEVICE}0,iface=cgn-in"; mtu = 1600;
           addresses = [ "$BOX_IN6/64" ]; },
         { name = "inside4"; device = "net_${LAB_DEVICE}1,iface=cgn-in4"; mtu = 1500;
           addresses = [ "$BOX_IN4/24" ]; },
         { name = "outside"; device = "net_${LAB_DEVICE}2,iface=cgn-out"; mtu = 1500;
           addresses = [ "$BOX_OUT4/24", "$BOX_OUT6/64" ]; } );
routes: ( { prefix = "$B4_NET::/40"; next_hop = "$SUB_WAN6"; },
          { prefix = "0.0.0.0/0"; next_hop = "$INET4"; },
          { prefix = "::/0"; next_hop = "$INET6"; } );

boards: ( $(lab_conf_list "$LAB_BOARDS" '{ slot = @; cpus = ( { cpu = 0; lcore = @; } ); }') );
license: ( $(lab_conf_list "$LAB_BOARDS" "{ slot = @; sessions = $LAB_SESSIONS; users = 8192;
           nat44 = true; ds_lite = true; nat64 = true; }") );

service_locations: ( $(lab_conf_locations) );
ha: { $LAB_HA };
service_instance_groups: ( { name = "group1";
        service_locations = ( $(lab_conf_list "$LAB_BOARDS" '{ id = @; weight = 1; }') );
        $LAB_GROUP } );
$LAB_TOP

address_groups: ( { name = "pool1"; id = 1; addresses = [ "203.0.113.0/28" ]; },
                  { name = "pool2"; id = 2; addresses = [ "203.0.113.64/28" ]; } );
acls: ( { name = "private"; permit = [ "10.0.0.0/8" ]; } );

ds_lite_instances: (
  { name = "ds1"; id = 1; service_instance_group = "group1";
    local_ipv6 = "$AFTR6"; remote_ipv6 = [ "$B4_NET::/40" ]; prefix_length = 128;
    outbound: ( { acl = "any"; address_group = "pool1"; } );
    port_range: { mode = "dynamic"; size = $LAB_BLOCK; };
    mtu = $LAB_TUNNEL_MTU; $LAB_POLICY $LAB_DS_LITE } );
nat_instances: (
  { name = "nat1"; id = 2; service_instance_group = "group1";
    inside: { ports = [ "inside4" ]; };
    outbound: ( { acl = "private"; address_group = "pool2"; } );
    port_range: { mode = "dynamic"; size = $LAB_BLOCK; }; $LAB_POLICY $LAB_NAT44 } );
CONF
}
