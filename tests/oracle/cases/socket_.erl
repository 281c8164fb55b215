%% The module socket: opening, connecting, transferring, waiting, closing.
-module(socket_).
-compile([export_all, nowarn_export_all]).
-import(sockets, [loopback/1, listener/0, pair/0, udp/0, recv_all/2, bytes/1, form/1, counters/1]).

%% ---- help

path(N) -> P = filename:absname("socket_" ++ N), file:delete(P), P.

%% A process that runs what it is told to.
worker() -> spawn(fun work/0).
work() -> receive {From, Ref, F} -> From ! {Ref, catch F()}, work() end.
ask(P, F) -> R = start(P, F), answer(R).
start(P, F) -> R = make_ref(), P ! {self(), R, F}, R.
answer(R) -> receive {R, V} -> V after 5000 -> timeout end.
end_of(P) -> M = monitor(process, P), exit(P, kill), receive {'DOWN', M, _, _, _} -> ok end.
%% The last of what it answers, once it is what it is to become, or after five seconds.
becomes(Wanted, F) -> becomes(Wanted, F, 500).
becomes(Wanted, F, N) -> case F() of Wanted -> Wanted; Other when N =:= 0 -> Other; _ -> timer:sleep(10), becomes(Wanted, F, N - 1) end.

handle({select, {select_info, _, H}}) -> H;
handle({select, {{select_info, _, H}, _}}) -> H.
selected(S, H) -> receive {'$socket', S, select, H} -> selected; {'$socket', S, abort, {H, R}} -> {abort, R} after 5000 -> none end.
%% Forms only: no identifiers.
states(S) -> #{rstates := R, wstates := W, num_acceptors := A, num_readers := N, num_writers := M} = socket:info(S), {R, W, A, N, M}.

%% ---- opening

open_case() ->
    [begin R = socket:open(D, T, P), case R of {ok, S} -> #{domain := X, type := Y, protocol := Z, ctype := K} = socket:info(S), socket:close(S), {X, Y, Z, K}; E -> E end end
     || {D, T, P} <- [{inet, stream, tcp}, {inet, stream, default}, {inet6, stream, tcp}, {inet, dgram, udp}, {inet6, dgram, 0}, {local, stream, 0}, {local, dgram, default}, {local, seqpacket, 0}, {2, 1, 6}, {inet, stream, {raw, 6}}, {inet, stream, 99}, {x, stream, 0}, {inet, x, 0}, {inet, rdm, 0}, {inet, stream, nothing}, {inet, stream, udp}, {1000, stream, 0}, {unspec, stream, 0}, {packet, raw, 0}]].
open_errors_case() ->
    [form(catch F()) || F <- [fun() -> socket:open(inet, stream, "x") end, fun() -> socket:open(inet, stream, tcp, []) end, fun() -> socket:open(foo) end, fun() -> socket:open(77777) end, fun() -> socket:open(-1) end, fun() -> socket:open(inet, stream, tcp, #{netns => "/no/such"}) end, fun() -> socket:open(inet, stream, tcp, #{debug => false}) end, fun() -> socket:open(inet, stream, tcp, #{unknown => 1}) end]].
open_descriptor_case() ->
    {C, S} = pair(),
    {ok, N} = socket:getopt(C, otp, fd),
    {ok, D} = socket:open(N),
    {ok, E} = socket:open(N, #{domain => inet, type => stream, protocol => tcp, dup => true}),
    {ok, M} = socket:getopt(D, otp, fd),
    #{ctype := {fromfd, From}} = socket:info(D),
    R = [M =/= N, From =:= N, states(D), socket:send(D, "by another"), socket:recv(S, 10), socket:close(C), socket:send(E, "still"), socket:recv(S, 5), socket:open(N, #{domain => x}), socket:open(M, #{type => x})],
    [socket:close(X) || X <- [D, E]], R.
names_case() ->
    {C, S} = pair(),
    {ok, A} = socket:sockname(C), {ok, B} = socket:peername(C),
    [socket:peername(S) =:= {ok, A}, socket:sockname(S) =:= {ok, B}, maps:remove(port, A), maps:keys(B), begin {ok, X} = socket:open(inet, stream), [socket:peername(X), socket:sockname(X)] end,
     begin {ok, Y} = socket:open(inet6, stream), [socket:peername(Y), socket:sockname(Y)] end, begin {ok, Z} = socket:open(local, stream), [socket:peername(Z), socket:sockname(Z)] end].
bind_case() ->
    [begin {ok, S} = socket:open(D, stream), R = form(catch socket:bind(S, A)), N = case socket:sockname(S) of {ok, M} -> maps:remove(port, M); E -> E end, socket:close(S), {R, N} end
     || {D, A} <- [{inet, any}, {inet, loopback}, {inet, broadcast}, {inet6, any}, {inet6, loopback}, {inet6, broadcast}, {local, any}, {inet, foo}, {inet, #{family => inet}}, {inet, #{family => inet, addr => {1, 2, 3, 4}}}, {inet, #{family => inet6, addr => loopback}}, {inet, #{family => inet, addr => {1, 2, 3, 400}}}, {inet, #{family => inet, addr => x}}, {inet, #{family => inet, port => x}}, {inet, #{family => inet, foo => 1}}, {inet, #{addr => any}}, {inet, []}, {inet, #{family => foo}}, {inet6, #{family => inet6, addr => {0, 0, 0, 0, 0, 0, 0, 1}, flowinfo => 5, scope_id => 0}}, {local, #{family => local, path => "/no/such/dir/x"}}, {local, #{family => local}}, {local, #{family => local, path => x}}, {local, #{family => local, path => lists:duplicate(200, $x)}}]].

%% ---- connections

tcp_case() ->
    {C, S} = pair(),
    R = [socket:send(C, <<"hello">>), socket:recv(S, 5), socket:send(S, ["a", <<"b">>, [$c]]), socket:recv(C, 3), socket:send(C, <<"more">>), socket:recv(S), socket:send(C, <<"12345">>), socket:recv(S, 2), socket:recv(S, 3)],
    [R, counters(C), counters(S), states(C), states(S), socket:close(C), socket:recv(S), socket:close(S)].
inet6_case() ->
    {ok, L} = socket:open(inet6, stream, tcp), ok = socket:bind(L, #{family => inet6, addr => loopback, port => 0}), ok = socket:listen(L), {ok, A} = socket:sockname(L),
    {ok, C} = socket:open(inet6, stream), ok = socket:connect(C, A), {ok, S} = socket:accept(L), ok = socket:send(C, "six"), [socket:recv(S, 3), maps:remove(port, A)].
local_case() ->
    P = path("s1"), {ok, L} = socket:open(local, stream), ok = socket:bind(L, #{family => local, path => P}), ok = socket:listen(L),
    {ok, C} = socket:open(local, stream), ok = socket:connect(C, #{family => local, path => list_to_binary(P)}), {ok, S} = socket:accept(L),
    ok = socket:send(C, "here"), {ok, #{path := Q}} = socket:sockname(L),
    R = [socket:recv(S, 4), filename:basename(Q), socket:sockname(C), socket:peername(S), maps:get(family, element(2, socket:peername(C)))], file:delete(P), R.
abstract_case() ->
    N = <<0, "purlin-socket-", (integer_to_binary(erlang:system_time()))/binary>>, {ok, L} = socket:open(local, seqpacket), ok = socket:bind(L, #{family => local, path => N}), ok = socket:listen(L),
    {ok, C} = socket:open(local, seqpacket), ok = socket:connect(C, #{family => local, path => N}), {ok, S} = socket:accept(L), ok = socket:send(C, "one"), ok = socket:send(C, "two"),
    [socket:recv(S), socket:recv(S), socket:sockname(L) =:= {ok, #{family => local, path => N}}].
udp_case() ->
    {A, AA} = udp(), {B, BA} = udp(),
    R = [socket:sendto(A, <<"one">>, BA), socket:recvfrom(B) =:= {ok, {AA, <<"one">>}}, socket:sendto(B, ["t", "wo"], AA), socket:recvfrom(A, 2) =:= {ok, {BA, <<"tw">>}}, socket:recv(A, 10, 0), socket:connect(A, BA), socket:send(A, "three"), socket:recv(B), socket:sendto(B, <<>>, AA), socket:recv(A)],
    [R, counters(A), counters(B), states(A)].
udp_errors_case() ->
    {A, _} = udp(),
    [form(catch F()) || F <- [fun() -> socket:send(A, "x") end, fun() -> socket:sendto(A, "x", #{family => inet, addr => {1, 2, 3, 400}}) end, fun() -> socket:sendto(A, "x", x) end, fun() -> socket:sendto(A, x, loopback(1)) end, fun() -> socket:sendto(A, "x", #{family => inet6, addr => loopback, port => 1}) end, fun() -> socket:sendto(A, binary:copy(<<0>>, 70000), loopback(9)) end, fun() -> socket:listen(A) end, fun() -> socket:accept(A) end]].
connect_errors_case() ->
    {L, A} = listener(), socket:close(L),
    {ok, C} = socket:open(inet, stream),
    [socket:connect(C, A), states(C), form(catch socket:connect(C)), form(catch socket:connect(C, x)), form(catch socket:connect(C, #{family => inet, addr => {1, 2, 3, 400}})), form(catch socket:connect(C, A, foo)), form(catch socket:connect(foo, A)),
     begin {ok, U} = socket:open(local, stream), socket:connect(U, #{family => local, path => "/no/such/socket"}) end, begin {ok, V} = socket:open(inet, stream), socket:connect(V, #{family => inet6, addr => loopback, port => 1}) end].
connect_nowait_case() ->
    {L, A} = listener(), {ok, C} = socket:open(inet, stream), Other = worker(),
    R = socket:connect(C, A, nowait), H = handle(R),
    Before = [form(R), states(C), socket:send(C, "x"), ask(Other, fun() -> socket:connect(C, A) end), form(ask(Other, fun() -> catch socket:connect(C) end))],
    Told = selected(C, H),
    [Before, Told, socket:connect(C), states(C), form(catch socket:connect(C)), form(socket:accept(L)), socket:send(C, "x")].
shutdown_case() ->
    {C, S} = pair(), ok = socket:send(C, "last"),
    [socket:shutdown(C, write), socket:recv(S, 4), socket:recv(S, 4), socket:send(C, "x"), socket:send(S, "answer"), socket:recv(C, 6), socket:shutdown(S, read_write), socket:recv(C), form(catch socket:shutdown(C, foo)), form(catch socket:shutdown(foo, read)), begin {ok, N} = socket:open(inet, stream), socket:shutdown(N, read) end].
large_case() ->
    {C, S} = pair(), B = bytes(3000000), P = worker(), R = start(P, fun() -> socket:send(C, B) end),
    [recv_all(S, byte_size(B)) =:= B, answer(R), proplists:get_value(read_byte, counters(S)), proplists:get_value(write_byte, counters(C))].
length_case() ->
    {C, S} = pair(), P = worker(), R = start(P, fun() -> socket:recv(S, 10) end),
    ok = socket:send(C, "12345"), timer:sleep(20), ok = socket:send(C, "67890"), [answer(R), proplists:get_value(read_byte, counters(S)), states(S)].
pieces_case() ->
    {C, S} = pair(), ok = socket:setopt(S, otp, rcvbuf, 100), ok = socket:send(C, binary:copy(<<"x">>, 250)), {ok, <<"x">>} = socket:recv(S, 1, [peek]), timer:sleep(20),
    All = socket:recv(S), ok = socket:setopt(S, otp, rcvbuf, {2, 100}), ok = socket:send(C, binary:copy(<<"y">>, 350)), timer:sleep(20),
    Sizes = [byte_size(element(2, X)) || X <- [All, socket:recv(S), socket:recv(S)]], [Sizes, counters(S)].

%% ---- waiting

recv_nowait_case() ->
    {C, S} = pair(), R = socket:recv(S, 0, nowait), H = handle(R), Again = socket:recv(S, 0, nowait), H2 = handle(Again),
    Before = [form(R), form(Again), states(S), H =/= H2], ok = socket:send(C, "x"),
    [Before, selected(S, H2), socket:recv(S, 0, nowait), states(S), counters(S)].
recv_handle_case() ->
    {C, S} = pair(), H = make_ref(), {select, {select_info, recv, H}} = socket:recv(S, 3, H), ok = socket:send(C, "ab"), selected = selected(S, H),
    H2 = make_ref(), Part = socket:recv(S, 3, H2), ok = socket:send(C, "c"), [Part =:= {select, {{select_info, recv, H2}, <<"ab">>}}, selected(S, H2), socket:recv(S, 1, nowait), counters(S)].
timeouts_case() ->
    {C, S} = pair(), {L, _} = listener(), {U, _} = udp(),
    [socket:recv(S, 0, 0), socket:recv(S, 0, 5), socket:recv(S, 5, 5), socket:recvfrom(U, 0, 0), socket:recvfrom(U, 0, [], 5), socket:recvmsg(U, 0, 0, [], 0), socket:recvmsg(U, 5), socket:accept(L, 0), socket:accept(L, 5), begin ok = socket:send(C, "ab"), {ok, _} = socket:recv(S, 1, [peek]), socket:recv(S, 5, 0) end, begin ok = socket:send(C, "ab"), socket:recv(S, 5, 10) end, states(S), states(L), states(U), form(catch socket:recv(S, 0, foo)), form(catch socket:recv(S, 0, -1))].
queue_case() ->
    {C, S} = pair(), [P1, P2, P3] = [worker() || _ <- [1, 2, 3]], F = fun() -> socket:recv(S, 1, nowait) end,
    R1 = ask(P1, F), R2 = ask(P2, F), R3 = ask(P3, fun() -> socket:recvmsg(S, nowait) end),
    Queued = [form(R1), form(R2), form(R3), form(ask(P2, F)), form(ask(P3, F)), states(S), socket:recv(S, 0, 0)],
    ok = socket:send(C, "abc"),
    T1 = ask(P1, fun() -> [selected(S, handle(R1)), socket:recv(S, 1, nowait)] end),
    T2 = ask(P2, fun() -> [selected(S, handle(R2)), socket:recv(S, 1, nowait)] end),
    T3 = ask(P3, fun() -> [selected(S, handle(R3)), element(1, socket:recvmsg(S, nowait))] end),
    [Queued, T1, T2, T3, states(S), counters(S)].
queue_death_case() ->
    {C, S} = pair(), [P1, P2, P3] = [worker() || _ <- [1, 2, 3]], F = fun() -> socket:recv(S, 1, nowait) end,
    R1 = ask(P1, F), R2 = ask(P2, F), R3 = ask(P3, F),
    [end_of(P) || P <- [P1, P2]], ok = socket:send(C, "abc"),
    [form(R1), form(R2), ask(P3, fun() -> [selected(S, handle(R3)), socket:recv(S, 3)] end), states(S)].
%% Those who wait and end are not counted any more, and do not keep others from connecting.
death_counts_case() ->
    {S, _} = udp(), [P1, P2, P3] = [worker() || _ <- [1, 2, 3]], F = fun() -> form(socket:recvfrom(S, 0, [], nowait)) end,
    Waits = [ask(P, F) || P <- [P1, P2, P3]], All = states(S), [end_of(P) || P <- [P1, P3]],
    One = becomes({[bound, selected], [], 0, 1, 0}, fun() -> states(S) end), end_of(P2),
    [Waits, All, One, becomes({[bound, selected], [], 0, 0, 0}, fun() -> states(S) end)].
connect_death_case() ->
    {L, A} = listener(), ok = socket:listen(L, 0),
    _ = [begin {ok, X} = socket:open(inet, stream), socket:connect(X, A, nowait), X end || _ <- lists:seq(1, 4)], % no more fit
    {ok, C} = socket:open(inet, stream), P = worker(), R = ask(P, fun() -> form(socket:connect(C, A, nowait)) end),
    Other = [form(socket:connect(C, A, nowait)), states(C)], end_of(P),
    [R, Other, becomes({[], [selected], 0, 0, 0}, fun() -> states(C) end), form(socket:connect(C, A, nowait))].
cancel_case() ->
    {C, S} = pair(), [P1, P2] = [worker() || _ <- [1, 2]], F = fun() -> socket:recv(S, 1, nowait) end, R1 = ask(P1, F), R2 = ask(P2, F), {select, I1} = R1, {select, I2} = R2,
    Wrong = [element(1, socket:cancel(S, I1)), ask(P1, fun() -> element(1, socket:cancel(S, I2)) end), ask(P1, fun() -> element(1, socket:cancel(S, setelement(2, I1, accept))) end)],
    Right = [ask(P1, fun() -> socket:cancel(S, I1) end), states(S), ask(P1, fun() -> element(1, socket:cancel(S, I1)) end)],
    ok = socket:send(C, "ab"),
    Next = ask(P2, fun() -> [selected(S, handle(R2)), socket:recv(S, 1)] end),
    [Wrong, Right, Next, form(catch socket:cancel(S, {select_info, foo, make_ref()})), form(catch socket:cancel(S, foo)), element(1, socket:cancel(S, {select_info, connect, make_ref()})), states(S)].
cancel_told_case() ->
    {C, S} = pair(), {select, I} = R = socket:recv(S, 0, nowait), ok = socket:send(C, "x"), selected = selected(S, handle(R)), [socket:cancel(S, I), states(S), socket:recv(S, 1)].
send_wait_case() ->
    {C, S} = pair(), Big = bytes(20000000), {select, {{select_info, {send, _} = Tag, H}, Rest}} = socket:send(C, Big, nowait),
    P = worker(), R = ask(P, fun() -> socket:send(C, <<"z">>, nowait) end), Q = worker(), T = ask(Q, fun() -> socket:send(C, "z", 0) end),
    Before = [form(R), T, states(C), socket:connect(C, loopback(1))],
    Sent = byte_size(Big) - byte_size(Rest), Sender = self(),
    Reader = spawn(fun() -> Sender ! {read, recv_all(S, byte_size(Big)) =:= Big}, receive stop -> ok end end),
    ok = socket:setopt(S, otp, controlling_process, Reader) , _ = Tag,
    selected = selected(C, H),
    ok = socket:send(C, Rest, {select_info, {send, 0}, make_ref()}),
    Read = receive {read, X} -> X after 20000 -> none end,
    [Before, Sent > 0, Read, ask(P, fun() -> [selected(C, handle(R)), socket:send(C, "z")] end), states(C)].
accept_queue_case() ->
    {L, A} = listener(), Ps = [worker() || _ <- [1, 2, 3]], Rs = [ask(P, fun() -> socket:accept(L, nowait) end) || P <- Ps],
    Before = [[form(R) || R <- Rs], states(L), form(ask(lists:last(Ps), fun() -> catch socket:accept(L, nowait) end)), socket:recv(L, 0, 0), socket:recv(L, 0, nowait)],
    Cs = [begin {ok, C} = socket:open(inet, stream), ok = socket:connect(C, A), C end || _ <- Ps],
    Accepted = [ask(P, fun() -> [selected(L, handle(R)), form(socket:accept(L, nowait))] end) || {P, R} <- lists:zip(Ps, Rs)],
    [Before, Accepted, states(L), counters(L), length(Cs), element(1, socket:accept(L, nowait))].
accept_storm_case() ->
    {L, A} = listener(), Me = self(),
    As = [spawn_link(fun() -> [begin {ok, S} = socket:accept(L), {ok, B} = socket:recv(S, 4), ok = socket:send(S, B), socket:close(S) end || _ <- lists:seq(1, 10)], Me ! {self(), done} end) || _ <- lists:seq(1, 5)],
    Cs = [spawn_link(fun() -> [begin {ok, C} = socket:open(inet, stream), ok = socket:connect(C, A), ok = socket:send(C, <<N:32>>), {ok, <<N:32>>} = socket:recv(C, 4), socket:close(C) end || _ <- lists:seq(1, 10)], Me ! {self(), done} end) || N <- lists:seq(1, 5)],
    Ends = [receive {P, done} -> done after 20000 -> timeout end || P <- As ++ Cs], [Ends, proplists:get_value(acc_success, counters(L)), states(L)].

%% ---- the end

close_case() ->
    {C, S} = pair(), ok = socket:close(C),
    [socket:close(C), states(C), maps:get(owner, socket:info(C)) | [F(C) || F <- [fun(X) -> socket:recv(X) end, fun(X) -> socket:send(X, "x") end, fun(X) -> socket:sendto(X, "x", loopback(1)) end, fun(X) -> socket:sendmsg(X, #{iov => [<<"x">>]}) end, fun(X) -> socket:recvfrom(X) end, fun(X) -> socket:recvmsg(X) end, fun(X) -> socket:shutdown(X, read) end, fun(X) -> socket:sockname(X) end, fun(X) -> socket:peername(X) end, fun(X) -> socket:getopt(X, socket, rcvbuf) end, fun(X) -> socket:setopt(X, socket, rcvbuf, 1) end, fun(X) -> socket:getopt(X, otp, meta) end, fun(X) -> socket:setopt(X, otp, meta, 1) end, fun(X) -> socket:listen(X) end, fun(X) -> socket:accept(X) end, fun(X) -> socket:bind(X, any) end, fun(X) -> socket:connect(X, loopback(1)) end, fun(X) -> socket:cancel(X, {select_info, recv, make_ref()}) end]]] ++ [element(1, S)].
close_waiting_case() ->
    {C, S} = pair(), {L, _} = listener(), Ps = [P1, P2, P3, P4] = [worker() || _ <- [1, 2, 3, 4]],
    R1 = start(P1, fun() -> socket:recv(S, 0, 5000) end), R2 = start(P2, fun() -> socket:recv(S, 3) end), R3 = start(P3, fun() -> socket:accept(L) end), R4 = start(P4, fun() -> socket:accept(L) end),
    Wait = fun Wait(T, N) -> {_, _, A, R, _} = states(T), if A + R =:= N -> ok; true -> timer:sleep(1), Wait(T, N) end end, Wait(S, 2), Wait(L, 2),
    Closed = [socket:close(S), socket:close(L), ask(P1, fun() -> socket:close(C) end)], [Closed, [answer(R) || R <- [R1, R2, R3, R4]], length(Ps), states(S), states(L)].
close_nowait_case() ->
    {_, S} = pair(), R = socket:recv(S, 0, nowait), P = worker(), T = ask(P, fun() -> socket:recv(S, 0, nowait) end), ok = socket:close(S), [selected(S, handle(R)), ask(P, fun() -> selected(S, handle(T)) end)].
owner_case() ->
    {L, A} = listener(), P = worker(), {ok, C} = ask(P, fun() -> {ok, X} = socket:open(inet, stream), ok = socket:connect(X, A), {ok, X} end), {ok, S} = socket:accept(L),
    #{owner := O} = socket:info(C), Not = [socket:setopt(C, otp, controlling_process, self()), socket:setopt(C, otp, meta, x), socket:setopt(C, otp, rcvbuf, 100)],
    R = socket:recv(C, 0, nowait), M = monitor(process, P), exit(P, kill), receive {'DOWN', M, _, _, _} -> ok end,
    [O =:= P, Not, selected(C, handle(R)), socket:recv(S), socket:send(C, "x"), states(C), maps:get(owner, socket:info(C))].
new_owner_case() ->
    {C, S} = pair(), P = worker(), ok = socket:setopt(C, otp, controlling_process, P), {ok, O} = socket:getopt(C, otp, controlling_process),
    R = [O =:= P, socket:setopt(C, otp, controlling_process, self()), ask(P, fun() -> socket:setopt(C, otp, controlling_process, self()) end)], M = monitor(process, P), exit(P, kill), receive {'DOWN', M, _, _, _} -> ok end, R ++ [socket:recv(S)].
broken_case() ->
    {C, S} = pair(), ok = socket:setopt(S, socket, linger, #{onoff => true, linger => 0}), ok = socket:close(S), [socket:recv(C), socket:recv(C), socket:send(C, "x"), counters(C)].
linger_case() ->
    {C, S} = pair(), ok = socket:setopt(C, socket, linger, #{onoff => true, linger => 5}), ok = socket:send(C, "last"), [socket:close(C), socket:recv(S, 4), socket:recv(S)].

%% ---- what there is to know

info_case() -> {C, _} = pair(), I = socket:info(C), [lists:sort(maps:keys(I)), lists:sort(maps:keys(maps:get(counters, I))), maps:get(owner, I) =:= self(), maps:with([domain, type, protocol, ctype], I)].
node_info_case() -> I = socket:info(), [lists:sort(maps:keys(I)), lists:sort(maps:keys(maps:get(counters, I))), maps:remove(counters, I)].
node_counters_case() ->
    N = fun() -> maps:get(counters, socket:info()) end, B = N(), {ok, A} = socket:open(inet6, dgram, udp), {ok, D} = socket:open(inet, stream, tcp), W = N(), socket:close(A), socket:close(D), E = N(),
    [lists:sort([{K, maps:get(K, W) - V} || {K, V} <- maps:to_list(B), maps:get(K, W) =/= V]), B =:= E].
supports_case() -> [if is_list(V) -> {K, lists:sort(V)}; true -> {K, V} end || {K, V} <- socket:supports()].
supports_more_case() -> [lists:sort(socket:supports(options, L)) || L <- [socket, ip, ipv6, tcp, udp, sctp, foo]] ++ [socket:supports(foo), socket:supports(foo, bar), socket:is_supported(ipv6), socket:is_supported(foo), socket:is_supported(options, {tcp, nodelay}), socket:is_supported(options, {tcp, info}), socket:is_supported(msg_flags, peek), socket:is_supported(protocols, tcp), socket:is_supported(protocols, foo), socket:is_supported(ioctl_requests, gifconf), socket:is_supported(ioctl_flags, up)].
registry_case() ->
    {C, S} = pair(), All = socket:which_sockets(), {ok, U} = socket:open(inet, dgram, udp, #{use_registry => false}), R = [lists:member(C, All), lists:member(S, All), lists:member(U, socket:which_sockets()), socket:getopt(U, otp, use_registry), socket:close(C)],
    [R, lists:member(C, socket:which_sockets()), lists:member(S, socket:which_sockets(tcp)), lists:member(S, socket:which_sockets(self())), lists:member(S, socket:which_sockets(dgram)), form(catch socket:which_sockets(foo)), socket:setopt(U, otp, use_registry, true), lists:member(U, socket:which_sockets(udp))].
monitor_case() -> {C, _} = pair(), M = socket:monitor(C), [is_reference(M), socket:which_monitors(C) =:= [M], socket:close(C), receive {'DOWN', M, socket, X, R} -> {X =:= C, R} after 5000 -> none end].
commands_case() -> [socket:use_registry(true), socket:debug(false), socket:socket_debug(false), form(catch socket:debug(x)), form(catch prim_socket:debug(x)), form(catch socket:use_registry(x))].
kind_case() -> {C, _} = pair(), K = socket:which_socket_kind(C), "#Socket<" ++ _ = socket:to_list(C), ok = socket:setopt(C, otp, meta, #{x => [1, "two", 3.0]}), [K, socket:which_socket_kind(C), socket:getopt(C, otp, meta), form(catch socket:to_list(foo))].
bad_arguments_case() ->
    {C, _} = pair(), [form(catch F()) || F <- [fun() -> socket:send(C, [foo]) end, fun() -> socket:send(C, foo) end, fun() -> socket:send(C, "x", [foo]) end, fun() -> socket:send(C, "x", [-1]) end, fun() -> socket:recv(C, foo) end, fun() -> socket:recv(C, -1) end, fun() -> socket:recv(C, 1, [foo]) end, fun() -> socket:recv(C, 1, [{x}]) end, fun() -> socket:info(foo) end, fun() -> socket:info({'$socket', make_ref()}) end, fun() -> socket:close({'$socket', make_ref()}) end, fun() -> socket:listen(C, foo) end, fun() -> socket:send(C, "x", 5, foo) end, fun() -> socket:recv(foo) end, fun() -> socket:peername({'$socket', make_ref()}) end]].
