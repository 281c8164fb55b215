%% Names of hosts, services and interfaces: module net.
-module(net_).
-compile([export_all, nowarn_export_all]).

t(F) -> try F() catch C:R -> {C, R} end.
v4() -> #{family => inet, port => 80, addr => {127, 0, 0, 1}}.

gethostname_case() -> net:gethostname() =:= inet:gethostname().
getaddrinfo_case() -> [net:getaddrinfo(H) || H <- ["localhost", "127.0.0.1", "::1", "fe80::1%lo", "1.2.3", "", "no.such.invalid", lists:duplicate(2000, $a), [228, $., $x]]].
getaddrinfo_service_case() -> [net:getaddrinfo(H, S) || {H, S} <- [{"localhost", "http"}, {"127.0.0.1", "domain"}, {undefined, "http"}, {"::1", "nosuchservice"}, {"127.0.0.1", "99999"}]].
getaddrinfo_bad_case() -> [t(fun() -> prim_net:getaddrinfo(H, S) end) || {H, S} <- [{[300], undefined}, {[$a, 0], undefined}, {"a", [x]}, {undefined, undefined}, {foo, "http"}, {[$a | $b], undefined}]].
getnameinfo_case() -> [net:getnameinfo(A) || A <- [v4(), #{family => inet, addr => any}, #{family => inet, addr => loopback}, #{family => inet, addr => broadcast}, #{family => inet6, addr => any, port => 1}, #{family => inet6, addr => loopback, port => 443}, #{family => 2, addr => <<0, 80, 127, 0, 0, 1, 0:64>>}]].
getnameinfo_flags_case() -> [t(fun() -> net:getnameinfo(v4(), F) end) || F <- [[], undefined, [numerichost], [numericserv], [numerichost, numericserv], [namereqd], [dgram], [nofqdn], [idn], [foo], foo, [numerichost | numericserv]]].
getnameinfo_local_case() -> [case t(fun() -> net:getnameinfo(#{family => local, path => P}) end) of {ok, #{service := S}} -> S; R -> R end || P <- ["/tmp/x", <<>>, <<0, "abstract">>, lists:duplicate(107, $x), lists:duplicate(108, $x), lists:duplicate(300, $x)]].
getnameinfo_bad_case() -> [t(fun() -> net:getnameinfo(A) end) || A <- [foo, #{family => foo}, #{family => inet, port => foo}, #{family => inet, port => 70000}, #{family => inet, port => -1}, #{family => inet, port => 1 bsl 40}, #{family => inet, addr => {1, 2, 3}}, #{family => inet, addr => {1, 2, 3, 400}}, #{family => inet, addr => {1, 2, 3, -4}}, #{family => inet, addr => foo}, #{family => inet, x => 1}, #{family => inet6, addr => broadcast}, #{family => inet6, addr => {1, 2, 3, 4, 5, 6, 7, 70000}}, #{family => inet6, scope_id => -1}, #{family => inet6, flowinfo => x}, #{family => unspec}, #{family => unspec, addr => <<1, 2, 3>>}, #{family => 99, addr => <<>>}, #{family => 2, addr => <<1:2000>>}, #{family => packet, addr => <<>>}]].
getifaddrs_case() -> [{F, net:getifaddrs(F)} || F <- [all, default, inet, inet6, packet, fun(_) -> true end, #{family => inet, flags => [up, loopback]}], not is_function(F) orelse begin {ok, L} = net:getifaddrs(F), io:format("~p~n", [length(L)]), false end].
interfaces_case() -> {ok, Names} = net:if_names(), [Names] ++ [[net:if_name2index(N), net:if_index2name(I)] || {I, N} <- Names].
interfaces_bad_case() -> [t(fun() -> prim_net:if_name2index(N) end) || N <- ["", "nosuch", lists:duplicate(16, $a), lists:duplicate(300, $a), [$l | $o], [300], foo]] ++ [t(fun() -> prim_net:if_index2name(I) end) || I <- [0, 9999, -1, (1 bsl 32) - 1, 1 bsl 32, 1 bsl 70, foo]].
others_case() -> [t(fun() -> prim_net:F(#{}) end) || F <- [get_adapters_addresses, get_interface_info, get_if_entry, get_ip_address_table]] ++ [t(fun() -> net:info() end), t(fun() -> prim_net:command(foo) end), t(fun() -> prim_net:getifaddrs(foo) end)].
protocols_case() -> [lists:sort(prim_socket:supports(protocols)), lists:sort(maps:to_list(prim_socket:p_get(protocols)))].
%% A process that is killed while it waits for an answer leaves nothing behind.
killed_case() -> L = [spawn(fun() -> net:getaddrinfo("no.such.invalid") end) || _ <- lists:seq(1, 20)], [exit(P, kill) || P <- L], net:getaddrinfo("127.0.0.1", "http").
