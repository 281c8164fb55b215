%% Sockets of the local family: paths and abstract names.
-module(sockets_local).
-compile([export_all, nowarn_export_all]).

path(N) -> P = filename:absname("local_" ++ N), file:delete(P), P.
name({ok, {local, <<>>}}) -> {ok, unnamed};
name({ok, {local, P}}) -> {ok, filename:basename(P)};
name(X) -> X.

stream_case() -> P = path("s1"), {ok, L} = gen_tcp:listen(0, [{ifaddr, {local, P}}, binary, {active, false}]), {ok, C} = gen_tcp:connect({local, P}, 0, [binary, {active, false}]), {ok, S} = gen_tcp:accept(L), gen_tcp:send(C, "hello"), gen_tcp:send(S, "you"), R = [gen_tcp:recv(S, 0), gen_tcp:recv(C, 0), name(inet:sockname(L)), name(inet:sockname(C)), name(inet:peername(C)), name(inet:sockname(S)), name(inet:peername(S)), prim_inet:gettype(S)], gen_tcp:close(C), A = gen_tcp:recv(S, 0), gen_tcp:close(L), file:delete(P), [R, A].
packet_case() -> P = path("s2"), {ok, L} = gen_tcp:listen(0, [{ifaddr, {local, P}}, binary, {active, true}, {packet, 4}]), {ok, C} = gen_tcp:connect({local, P}, 0, [binary, {packet, 4}]), {ok, S} = gen_tcp:accept(L), B = binary:copy(<<"z">>, 500000), spawn_link(fun() -> gen_tcp:send(C, B), timer:sleep(infinity) end), R = receive {tcp, S, D} -> D =:= B after 2000 -> none end, file:delete(P), R.
abstract_case() -> N = <<0, "purlin-oracle-", (integer_to_binary(erlang:system_time()))/binary>>, {ok, L} = gen_tcp:listen(0, [{ifaddr, {local, N}}]), {ok, C} = gen_tcp:connect({local, N}, 0, [binary, {active, false}]), {ok, S} = gen_tcp:accept(L), gen_tcp:send(S, "a"), [gen_tcp:recv(C, 0), inet:sockname(L) =:= {ok, {local, N}}].
errors_case() -> P = path("s3"), [gen_tcp:listen(0, [{ifaddr, {local, "/no/such/dir/x"}}]), gen_tcp:connect({local, P}, 0, []), try gen_tcp:connect({local, P}, 1, []) catch C:_ -> C end, gen_tcp:listen(0, [{ifaddr, {local, lists:duplicate(200, $x)}}])].
in_use_case() -> P = path("s4"), {ok, L} = gen_tcp:listen(0, [{ifaddr, {local, P}}]), R = gen_tcp:listen(0, [{ifaddr, {local, P}}]), gen_tcp:close(L), X = gen_tcp:connect({local, P}, 0, []), file:delete(P), [R, X].
datagram_case() -> P = path("d1"), Q = path("d2"), {ok, A} = gen_udp:open(0, [local, {ifaddr, {local, P}}, {active, true}]), {ok, B} = gen_udp:open(0, [local, {ifaddr, {local, Q}}]), S = gen_udp:send(B, {local, P}, 0, "to a"), R = receive {udp, A, {local, F}, N, D} -> {filename:basename(F), N, D} after 500 -> none end, file:delete(P), file:delete(Q), [S, R, gen_udp:send(B, {local, P}, 0, "gone")].
unnamed_datagram_case() -> P = path("d3"), {ok, A} = gen_udp:open(0, [local, {ifaddr, {local, P}}, {active, true}]), {ok, B} = gen_udp:open(0, [local]), gen_udp:send(B, {local, P}, 0, "x"), R = receive {udp, A, F, N, D} -> {F, N, D} after 500 -> none end, file:delete(P), R.
options_case() -> {ok, A} = gen_udp:open(0, [local]), [inet:getopts(A, [O]) || O <- [tos, ttl, nodelay, reuseaddr, multicast_if, active, priority]].
