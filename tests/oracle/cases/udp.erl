%% Datagrams over the loopback. Port numbers are masked.
-module(udp).
-compile([export_all, nowarn_export_all]).

open(O) -> {ok, S} = gen_udp:open(0, [{ip, {127, 0, 0, 1}} | O]), {ok, P} = inet:port(S), {S, P}.
to(S, P, D) -> gen_udp:send(S, {127, 0, 0, 1}, P, D).
got({ok, {A, _, D}}) -> {A, D};
got({ok, {A, _, X, D}}) -> {A, X, D};
got(E) -> E.
next() -> receive {udp, _, A, _, D} -> {A, D}; {udp, _, A, _, X, D} -> {A, X, D}; {udp_passive, _} -> passive; {udp_error, _, R} -> {error, R}; {_, {data, [F, _, _ | R]}} -> {data, F, R} after 200 -> none end.
%% Somebody waits in recv from now on.
receiver(S) -> Me = self(), waits(spawn(fun() -> Me ! {r, gen_udp:recv(S, 0)} end)).
waits(P) -> case process_info(P, [status, current_function]) of [{status, waiting}, {current_function, {prim_inet, _, _}}] -> P; _ -> erlang:yield(), waits(P) end.

passive_case() -> {A, P} = open([binary, {active, false}]), {B, _} = open([]), [to(B, P, "one"), to(B, P, [<<"tw">>, $o]), to(B, P, ""), got(gen_udp:recv(A, 0)), got(gen_udp:recv(A, 0)), got(gen_udp:recv(A, 0)), gen_udp:recv(A, 0, 20), gen_udp:recv(A, 0, 0)].
active_case() -> {A, P} = open([]), {B, _} = open([]), to(B, P, "one"), X = next(), inet:setopts(A, [binary, {header, 2}]), to(B, P, "header"), Y = next(), to(B, P, "h"), [X, Y, next(), gen_udp:recv(A, 0)].
modes_case() -> {A, P} = open([binary, {active, once}]), {B, _} = open([]), [to(B, P, N) || N <- ["1", "2", "3", "4", "5"]], X = [next(), next()], inet:setopts(A, [{active, 2}]), Y = [next(), next(), next(), next()], [X, Y, inet:getopts(A, [active]), inet:setopts(A, [{active, -1}]), next()].
count_limit_case() -> {A, _} = open([{active, false}]), [inet:setopts(A, [{active, N}]) || N <- [32767, 1, -32768, 32768]] ++ [inet:getopts(A, [active])].
deliver_case() -> {_, P} = open([binary, {deliver, port}, {active, true}]), {B, _} = open([]), to(B, P, "x"), next().
truncated_case() -> {A, P} = open([binary, {active, false}, {buffer, 4}]), {B, _} = open([]), to(B, P, "truncated"), [got(gen_udp:recv(A, 0)), inet:getstat(A)].
connected_case() -> {A, PA} = open([binary, {active, false}]), {B, PB} = open([binary, {active, false}]), {C, _} = open([]), R = gen_udp:connect(B, {127, 0, 0, 1}, PA), to(C, PB, "stranger"), [R, gen_udp:send(B, "direct"), got(gen_udp:recv(A, 0, 500)), to(A, PB, "back"), got(gen_udp:recv(B, 0, 500)), prim_inet:getstatus(B), inet:peername(B) =:= {ok, {{127, 0, 0, 1}, PA}}].
refused_case() -> {A, P} = open([binary, {active, false}]), gen_udp:close(A), {B, _} = open([binary, {active, false}]), gen_udp:connect(B, {127, 0, 0, 1}, P), X = [gen_udp:send(B, "x"), gen_udp:recv(B, 0, 200), gen_udp:recv(B, 0, 20)], inet:setopts(B, [{active, true}]), [X, gen_udp:send(B, "x"), next()].
ancillary_case() -> {A, P} = open([binary, {active, false}, {recvttl, true}, {recvtos, true}]), {B, _} = open([]), to(B, P, "plain"), X = got(gen_udp:recv(A, 0)), gen_udp:send(B, {{127, 0, 0, 1}, P}, [{tos, 4}, {ttl, 3}], "told"), Y = got(gen_udp:recv(A, 0)), inet:setopts(A, [{active, true}]), to(B, P, "active"), Z = next(), inet:setopts(A, [{recvttl, false}, {recvtos, false}]), to(B, P, "off"), [X, Y, Z, next(), inet:getopts(A, [recvttl, recvtos, tos, ttl])].
big_case() -> {_, P} = open([]), {B, _} = open([]), to(B, P, binary:copy(<<0>>, 70000)).
ipv6_case() -> {ok, A} = gen_udp:open(0, [inet6, binary, {active, false}, {ip, {0, 0, 0, 0, 0, 0, 0, 1}}, {recvtclass, true}]), {ok, P} = inet:port(A), {ok, B} = gen_udp:open(0, [inet6]), gen_udp:send(B, {0, 0, 0, 0, 0, 0, 0, 1}, P, "six"), X = got(gen_udp:recv(A, 0)), inet:setopts(A, [{active, true}]), gen_udp:send(B, {{0, 0, 0, 0, 0, 0, 0, 1}, P}, [{tclass, 8}], "seven"), [X, next()].
options_case() -> {A, _} = open([]), [inet:getopts(A, [O]) || O <- [active, buffer, recbuf, read_packets, mode, deliver, header, tos, ttl, recvtos, broadcast, dontroute, multicast_ttl, multicast_loop, priority, reuseaddr, packet, packet_size, high_watermark, send_timeout, nodelay, netns, bind_to_device, line_delimiter, delay_send, exit_on_close]].
multicast_case() -> {A, _} = open([]), [inet:setopts(A, [O]) || O <- [{multicast_ttl, 3}, {multicast_loop, false}, {multicast_if, {127, 0, 0, 1}}, {add_membership, {{224, 0, 0, 251}, {127, 0, 0, 1}}}, {drop_membership, {{224, 0, 0, 251}, {127, 0, 0, 1}}}, {add_membership, {{1, 2, 3, 4}, {127, 0, 0, 1}}}, {add_membership, {{0, 0, 0, 0, 0, 0, 0, 1}, 1}}]] ++ [inet:getopts(A, [multicast_ttl, multicast_loop])].
device_case() -> {A, _} = open([]), [inet:setopts(A, [{bind_to_device, <<"lo">>}]), inet:getopts(A, [bind_to_device]), inet:setopts(A, [{bind_to_device, <<"no_such_device_name_at_all">>}]), inet:setopts(A, [{bind_to_device, <<"nosuch">>}])].
namespace_case() -> [gen_udp:open(0, [{netns, "/no/such"}]), element(1, gen_udp:open(0, [{netns, "/proc/self/ns/net"}])), gen_udp:open(0, [{netns, "/etc/passwd"}])].
statistics_case() -> {A, P} = open([binary, {active, false}]), {B, _} = open([]), [to(B, P, binary:copy(<<1>>, N)) || N <- [10, 30, 2]], [gen_udp:recv(A, 0) || _ <- [1, 2, 3]], [inet:getstat(A), inet:getstat(B)].
closed_case() -> {A, P} = open([]), gen_udp:close(A), [gen_udp:recv(A, 0), to(A, P, "x"), inet:port(A)].
two_case() -> {A, P} = open([{active, false}]), {B, _} = open([]), receiver(A), X = gen_udp:recv(A, 0, 10), to(B, P, "x"), [X, receive {r, R} -> got(R) after 2000 -> none end].
close_kills_case() -> {A, _} = open([{active, false}]), receiver(A), gen_udp:close(A), receive {r, R} -> R after 2000 -> none end.
bad_case() -> {A, _} = open([]), [try erlang:port_command(A, D) of true -> receive {inet_reply, A, R} -> R after 100 -> none end catch X:Y -> {X, Y} end || D <- ["", [1], [1, 0, 1, 127, 0, 0, 1], [9, 0, 1], [1, 0, 9, 127, 0, 0, 1, 0, 0, 0, 9, 1], [1, 0, 9, 127, 0, 0, 1, 0, 0, 0, 5, 77, 0, 0, 0, 1]]].
many_case() -> {A, P} = open([binary, {active, true}, {recbuf, 300000}]), {B, _} = open([]), [ok = to(B, P, <<N:32>>) || N <- lists:seq(1, 100)], R = [receive {udp, A, _, _, <<N:32>>} -> N after 1000 -> none end || _ <- lists:seq(1, 100)], R =:= lists:seq(1, 100).
