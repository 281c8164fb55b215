%% gen_tcp, gen_udp and inet over {inet_backend, socket}.
-module(socket_inet).
-compile([export_all, nowarn_export_all]).

-define(B, {inet_backend, socket}).
-define(IP, {127, 0, 0, 1}).

listen(O) -> gen_tcp:listen(0, [?B, {ip, ?IP}, binary, {active, false}, {backlog, 20} | O]).
pair() -> pair([], []).
pair(OC, OS) ->
    {ok, L} = listen(OS), {ok, P} = inet:port(L), {ok, C} = gen_tcp:connect(?IP, P, [?B, binary, {active, false} | OC]), {ok, S} = gen_tcp:accept(L), gen_tcp:close(L), {C, S}.
udp(O) -> {ok, U} = gen_udp:open(0, [?B, {ip, ?IP}, binary, {active, false} | O]), {ok, P} = inet:port(U), {U, P}.
next() -> next(3000).
next(T) -> receive {tcp, _, D} -> {tcp, D}; {tcp_closed, _} -> closed; {tcp_passive, _} -> passive; {tcp_error, _, R} -> {tcp_error, R}; {udp, _, A, _, D} -> {udp, A, D}; {udp_passive, _} -> passive; {http, _, D} -> {http, D}; X -> X after T -> none end.
try_(F) -> try F() catch C:R -> {C, R} end.

%% ---- gen_tcp

tcp_case() -> {C, S} = pair(), [gen_tcp:send(C, "hello"), gen_tcp:recv(S, 5), gen_tcp:send(S, [<<"y">>, "ou"]), gen_tcp:recv(C, 0), gen_tcp:close(C), gen_tcp:recv(S, 0), gen_tcp:send(C, "x"), gen_tcp:recv(C, 0), gen_tcp:close(C)].
list_case() -> {C, S} = pair([list], []), gen_tcp:send(S, "text"), gen_tcp:recv(C, 4).
inet6_case() -> {ok, L} = gen_tcp:listen(0, [?B, inet6, {ip, loopback}, binary, {active, false}]), {ok, P} = inet:port(L), {ok, C} = gen_tcp:connect({0, 0, 0, 0, 0, 0, 0, 1}, P, [?B, inet6, binary, {active, false}]), {ok, S} = gen_tcp:accept(L), gen_tcp:send(C, "six"), [gen_tcp:recv(S, 3), element(1, element(2, inet:peername(C)))].
local_case() -> N = filename:absname("socket_inet_l"), file:delete(N), {ok, L} = gen_tcp:listen(0, [?B, {ifaddr, {local, N}}, binary, {active, false}]), {ok, C} = gen_tcp:connect({local, N}, 0, [?B, binary, {active, false}]), {ok, S} = gen_tcp:accept(L), gen_tcp:send(C, "here"), R = [gen_tcp:recv(S, 4), inet:peername(S)], file:delete(N), R.
active_case() -> {C, S} = pair(), inet:setopts(C, [{active, true}]), gen_tcp:send(S, "one"), A = next(), gen_tcp:send(S, "two"), B = next(), gen_tcp:close(S), [A, B, next(), gen_tcp:send(C, "x"), next(20)].
once_case() -> {C, S} = pair(), gen_tcp:send(S, "one"), inet:setopts(C, [{active, once}]), A = next(), gen_tcp:send(S, "two"), B = next(30), R = inet:getopts(C, [active]), inet:setopts(C, [{active, once}]), [A, B, R, next(), inet:setopts(C, [{active, once}]), gen_tcp:close(S), next()].
count_case() -> {C, S} = pair([{packet, 1}], [{packet, 1}]), inet:setopts(C, [{active, 2}]), [gen_tcp:send(S, X) || X <- ["a", "b", "c"]], A = [next(), next(), next(), next(30)], [A, inet:getopts(C, [active]), inet:setopts(C, [{active, 1}]), next(), next(), inet:setopts(C, [{active, -1}]), next(30), try_(fun() -> inet:setopts(C, [{active, 40000}]) end)].
recv_active_case() -> {C, _} = pair([{active, true}], []), gen_tcp:recv(C, 0).
packets_case() ->
    [begin {C, S} = pair([{packet, P}], [{packet, P}]), R = [gen_tcp:send(C, "hello"), gen_tcp:recv(S, 0), gen_tcp:send(C, ""), gen_tcp:send(C, "more"), gen_tcp:recv(S, 0), gen_tcp:recv(S, 0, 30)], gen_tcp:close(C), gen_tcp:close(S), {P, R} end || P <- [1, 2, 4]].
packet_active_case() -> {C, S} = pair([{packet, 4}], [{packet, 4}]), inet:setopts(S, [{active, true}]), B = binary:copy(<<"z">>, 500000), ok = gen_tcp:send(C, B), {tcp, D} = next(), [gen_tcp:send(C, X) || X <- ["a", "b"]], [D =:= B, next(), next()].
line_case() -> {C, S} = pair([], [{packet, line}]), gen_tcp:send(C, "one\ntwo\r\nthr"), A = [gen_tcp:recv(S, 0), gen_tcp:recv(S, 0), gen_tcp:recv(S, 0, 30)], gen_tcp:send(C, "ee\n"), B = gen_tcp:recv(S, 0), inet:setopts(S, [{line_delimiter, $;}]), gen_tcp:send(C, "a;b;"), [A, B, gen_tcp:recv(S, 0), gen_tcp:recv(S, 0)].
http_case() -> {C, S} = pair([], [{packet, http_bin}]), gen_tcp:send(C, "GET /x HTTP/1.1\r\nHost: here\r\nX-Y: z\r\n\r\n"), [gen_tcp:recv(S, 0) || _ <- lists:seq(1, 4)].
http_active_case() -> {C, S} = pair([], [{packet, http}]), inet:setopts(S, [{active, true}]), gen_tcp:send(C, "GET /x HTTP/1.1\r\nHost: here\r\n\r\n"), [next(), next(), next()].
asn1_case() -> {C, S} = pair([], [{packet, asn1}]), gen_tcp:send(C, <<16#30, 3, 1, 2, 3, 16#04, 1, 9>>), [gen_tcp:recv(S, 0), gen_tcp:recv(S, 0)].
too_large_case() -> {C, S} = pair([{packet, 4}], [{packet, 4}, {packet_size, 10}]), gen_tcp:send(C, "0123456789ab"), [gen_tcp:recv(S, 0), gen_tcp:recv(S, 0)].
header_case() -> {C, S} = pair([], [{header, 2}]), gen_tcp:send(C, "abcde"), gen_tcp:recv(S, 5).
timeouts_case() -> {ok, L} = listen([]), {C, S} = pair(), [gen_tcp:accept(L, 0), gen_tcp:accept(L, 10), gen_tcp:recv(C, 0, 0), gen_tcp:recv(C, 5, 10), begin gen_tcp:send(S, "abc"), gen_tcp:recv(C, 5, 30) end, gen_tcp:recv(C, 3, 30)].
large_case() -> {C, S} = pair(), B = binary:copy(<<"0123456789">>, 500000), spawn_link(fun() -> gen_tcp:send(C, B) end), {ok, R} = gen_tcp:recv(S, byte_size(B)), R =:= B.
shutdown_case() -> {C, S} = pair(), gen_tcp:send(C, "last"), [gen_tcp:shutdown(C, write), gen_tcp:recv(S, 4), gen_tcp:recv(S, 0), gen_tcp:send(S, "still"), gen_tcp:recv(C, 5), gen_tcp:send(C, "x")].
names_case() -> {C, S} = pair(), [inet:peername(C) =:= inet:sockname(S), inet:sockname(C) =:= inet:peername(S), element(1, element(2, inet:peername(C))), is_integer(element(2, inet:port(C)))].
options_case() -> {_, S} = pair(), O = [{nodelay, true}, {keepalive, true}, {linger, {true, 2}}, {priority, 3}, {tos, 16}, {packet, 2}, {header, 1}, {exit_on_close, false}, {mode, list}, {send_timeout, 500}], [inet:setopts(S, O), inet:getopts(S, [K || {K, _} <- O]), inet:setopts(S, [{nodelay, maybe}]), try_(fun() -> inet:setopts(S, [foo]) end), inet:getopts(S, [foo]), inet:getopts(S, [reuseaddr, recbuf_no])].
statistics_case() -> {C, S} = pair(), gen_tcp:send(C, "12345"), gen_tcp:recv(S, 5), gen_tcp:send(C, "67"), gen_tcp:recv(S, 2), [inet:getstat(C, [send_oct, send_cnt, send_max]), inet:getstat(S, [recv_oct, recv_cnt, recv_max])].
controlling_process_case() ->
    {C, S} = pair(), Me = self(), P = spawn(fun() -> receive go -> ok end, inet:setopts(C, [{active, true}]), Me ! {got, next()}, receive stop -> ok end end),
    R = gen_tcp:controlling_process(C, P), P ! go, gen_tcp:send(S, "moved"), G = receive {got, X} -> X after 3000 -> none end, N = gen_tcp:controlling_process(C, self()), P ! stop, [R, G, N, gen_tcp:recv(S, 0, 3000)].
owner_death_case() -> {ok, L} = listen([]), {ok, P} = inet:port(L), O = spawn(fun() -> {ok, _} = gen_tcp:connect(?IP, P, [?B]), receive stop -> ok end end), {ok, S} = gen_tcp:accept(L), exit(O, kill), gen_tcp:recv(S, 0, 3000).
accept_many_case() -> {ok, L} = listen([]), {ok, P} = inet:port(L), Me = self(), [spawn(fun() -> {ok, S} = gen_tcp:accept(L), {ok, D} = gen_tcp:recv(S, 1), Me ! {served, D} end) || _ <- lists:seq(1, 10)], [spawn(fun() -> {ok, C} = gen_tcp:connect(?IP, P, [?B, binary]), gen_tcp:send(C, <<N>>), receive stop -> ok end end) || N <- lists:seq(1, 10)], lists:sort([receive {served, D} -> D after 5000 -> none end || _ <- lists:seq(1, 10)]).
accept_closed_case() -> {ok, L} = listen([]), Me = self(), P = spawn(fun() -> Me ! {answer, gen_tcp:accept(L)} end), Wait = fun Wait() -> case process_info(P, [status, current_function]) of [{status, waiting}, _] -> ok; _ -> erlang:yield(), Wait() end end, Wait(), gen_tcp:close(L), [receive {answer, A} -> A after 3000 -> none end, gen_tcp:accept(L)].
recv_closed_case() -> {C, _} = pair(), Me = self(), P = spawn(fun() -> Me ! {answer, gen_tcp:recv(C, 0)} end), Wait = fun Wait() -> case process_info(P, [status, current_function]) of [{status, waiting}, _] -> ok; _ -> erlang:yield(), Wait() end end, Wait(), gen_tcp:close(C), receive {answer, A} -> A after 3000 -> none end.
refused_case() -> {ok, L} = listen([]), {ok, P} = inet:port(L), gen_tcp:close(L), [gen_tcp:connect(?IP, P, [?B]), gen_tcp:connect(?IP, P, [?B], 1000), gen_tcp:listen(P, [?B, {ip, {1, 2, 3, 4}}]), try_(fun() -> gen_tcp:listen(P, [?B, foo]) end)].
in_use_case() -> {ok, L} = listen([]), {ok, P} = inet:port(L), gen_tcp:listen(P, [?B, {ip, ?IP}]).
reset_case() -> {C, S} = pair([{show_econnreset, true}], []), inet:setopts(S, [{linger, {true, 0}}]), gen_tcp:close(S), [gen_tcp:recv(C, 0), gen_tcp:send(C, "x")].
kind_case() -> {C, _} = pair(), {'$inet', gen_tcp_socket, {_, Socket}} = C, [socket:which_socket_kind(Socket), maps:get(type, socket:info(Socket)), is_map(inet:info(C)), lists:sort(maps:keys(inet:info(C)))].
monitor_case() -> {C, _} = pair(), M = inet:monitor(C), gen_tcp:close(C), receive {'DOWN', M, _, _, R} -> R after 3000 -> none end.

%% ---- gen_udp

udp_case() -> {A, P} = udp([]), {B, Q} = udp([]), [gen_udp:send(B, ?IP, P, "one"), gen_udp:recv(A, 0) =:= {ok, {?IP, Q, <<"one">>}}, gen_udp:send(A, {?IP, Q}, [<<"t">>, "wo"]), element(3, element(2, gen_udp:recv(B, 0, 3000))), gen_udp:recv(A, 0, 0), gen_udp:recv(A, 0, 10), gen_udp:close(A), gen_udp:recv(A, 0), gen_udp:send(A, ?IP, Q, "x")].
udp_active_case() -> {A, P} = udp([{active, true}]), {B, _} = udp([]), gen_udp:send(B, ?IP, P, "one"), X = next(), inet:setopts(A, [{active, once}]), [gen_udp:send(B, ?IP, P, M) || M <- ["two", "three"]], [X, next(), next(30), inet:setopts(A, [{active, 2}]), next(), gen_udp:send(B, ?IP, P, "four"), next(), next(), next(20)].
udp_connect_case() -> {A, P} = udp([]), {B, Q} = udp([]), [gen_udp:connect(B, ?IP, P), gen_udp:send(B, "to a"), gen_udp:recv(A, 0) =:= {ok, {?IP, Q, <<"to a">>}}, gen_udp:send(A, ?IP, Q, "back"), element(3, element(2, gen_udp:recv(B, 0))), element(1, element(2, inet:peername(B)))].
udp_list_case() -> {ok, U} = gen_udp:open(0, [?B, {ip, ?IP}]), {ok, P} = inet:port(U), {B, _} = udp([]), gen_udp:send(B, ?IP, P, <<"text">>), next().
udp_local_case() -> P = filename:absname("socket_inet_d"), file:delete(P), {ok, A} = gen_udp:open(0, [?B, local, {ifaddr, {local, P}}, binary, {active, false}]), {ok, B} = gen_udp:open(0, [?B, local, binary]), S = gen_udp:send(B, {local, P}, 0, "x"), R = gen_udp:recv(A, 0, 1000), file:delete(P), [S, R].
udp_errors_case() -> {A, _} = udp([]), [gen_udp:send(A, ?IP, 9, binary:copy(<<0>>, 70000)), gen_udp:send(A, "x"), gen_udp:open(0, [?B, {ip, {1, 2, 3, 4}}]), gen_udp:recv(A, 0, 5)].
udp_options_case() -> {A, _} = udp([]), O = [{broadcast, true}, {recbuf, 8192}, {tos, 8}, {priority, 2}, {active, once}, {mode, list}, {read_packets, 3}, {multicast_ttl, 4}, {multicast_loop, false}], [inet:setopts(A, O), inet:getopts(A, [K || {K, _} <- O, K =/= recbuf])].
udp_ancillary_case() -> {A, P} = udp([{recvtos, true}, {recvttl, true}]), {B, _} = udp([]), ok = inet:setopts(B, [{tos, 4}]), ok = gen_udp:send(B, ?IP, P, "anc"), [try_(fun() -> gen_udp:send(B, {?IP, P}, [{tos, 4}], "anc") end), case gen_udp:recv(A, 0, 1000) of {ok, {I, _, Anc, D}} -> {I, lists:sort(Anc), D}; X -> X end].
udp_owner_death_case() -> Me = self(), O = spawn(fun() -> {U, P} = udp([]), Me ! {port, U, P}, receive stop -> ok end end), {U, P} = receive {port, X, Y} -> {X, Y} end, M = monitor(process, element(1, element(3, U))), exit(O, kill), receive {'DOWN', M, _, _, _} -> ok after 3000 -> none end, {ok, V} = gen_udp:open(P, [?B, {ip, ?IP}]), gen_udp:close(V).
udp_many_case() -> {A, P} = udp([{recbuf, 200000}]), {B, _} = udp([]), [ok = gen_udp:send(B, ?IP, P, <<N:16>>) || N <- lists:seq(1, 100)], [begin {ok, {_, _, <<N:16>>}} = gen_udp:recv(A, 0, 1000), N end || _ <- lists:seq(1, 100)] =:= lists:seq(1, 100).
sockets_case() -> {C, _} = pair(), {U, _} = udp([]), S = fun({'$inet', _, {_, X}}) -> X end, [lists:member(S(C), socket:which_sockets(tcp)), lists:member(S(U), socket:which_sockets(udp)), gen_tcp:close(C), lists:member(S(C), socket:which_sockets())].
