%% socket:sendmsg and recvmsg: vectors, addresses, control messages, flags.
-module(socket_messages).
-compile([export_all, nowarn_export_all]).
-import(sockets, [loopback/1, pair/0, udp/0, udp6/0, form/1, counters/1]).

%% What differs from run to run.
plain(L) when is_list(L) -> [plain(X) || X <- L];
plain(M) when is_map(M) -> maps:map(fun(port, P) when P > 1023 -> port; (sec, _) -> sec; (usec, _) -> usec; (data, _) when map_get(type, M) =:= timestamp -> data; (data, _) when map_get(type, M) =:= recverr -> data; (data, _) when map_get(type, M) =:= origdstaddr -> data; (_, V) -> plain(V) end, M);
plain(T) when is_tuple(T) -> list_to_tuple(plain(tuple_to_list(T)));
plain(X) -> X.

stream_case() ->
    {C, S} = pair(),
    [socket:sendmsg(C, #{iov => [<<"one">>, <<>>, <<"two">>]}), plain(socket:recvmsg(S)), socket:sendmsg(C, #{iov => [<<"abc">>], ctrl => []}), plain(socket:recvmsg(S, 2, 0)), plain(socket:recvmsg(S)), counters(C), counters(S), socket:close(C), socket:recvmsg(S)].
datagram_case() ->
    {A, AA} = udp(), {B, BA} = udp(), ok = socket:sendmsg(A, #{addr => BA, iov => [<<"x">>, <<"y">>]}), {ok, M} = socket:recvmsg(B),
    [maps:get(addr, M) =:= AA, plain(M), socket:connect(A, BA), socket:sendmsg(A, #{iov => [<<"connected">>]}), plain(socket:recvmsg(B, 4, 0)), counters(B)].
many_parts_case() ->
    {C, S} = pair(), IOV = [<<(N rem 256)>> || N <- lists:seq(1, 3000)], ok = socket:sendmsg(C, #{iov => IOV}), {ok, B} = socket:recv(S, 3000),
    {A, _} = udp(), {D, DA} = udp(), R = [socket:sendmsg(A, #{iov => lists:sublist(IOV, N), addr => DA}) || N <- [3000, 1025, 1024]], {ok, {_, P}} = socket:recvfrom(D, 5000), [B =:= iolist_to_binary(IOV), R, byte_size(P)].
%% What lies behind the first 1024 parts is looked at only when those are sent; of bits, whole bytes are.
malformed_late_case() ->
    IOV = [<<(N rem 256)>> || N <- lists:seq(1, 1500)],
    [begin
         {C, S} = pair(), R = form(catch socket:sendmsg(C, #{iov => lists:sublist(IOV, N) ++ Tail})),
         {A, _} = udp(), {_, To} = udp(), D = form(catch socket:sendmsg(A, #{iov => lists:sublist(IOV, N) ++ Tail, addr => To})),
         socket:shutdown(C, write), {N, Tail, R, socket:recv(S), D}
     end || N <- [1023, 1024, 1500], Tail <- [[x], tail, [<<1:3>>], [<<1:3, 65, 66, 67:6>>, <<68>>]]].
wait_case() -> {A, _} = udp(), {S, _} = udp(), [form(socket:recvmsg(A, nowait)), form(socket:recvmsg(S, 0, 0, [], 0)), socket:recvmsg(S, 5)].
errors_case() ->
    {A, _} = udp(), {_, B} = udp(),
    [form(catch F()) || F <- [fun() -> socket:sendmsg(A, #{iov => [x], addr => B}) end, fun() -> socket:sendmsg(A, #{iov => [<<>> | x], addr => B}) end, fun() -> socket:sendmsg(A, #{iov => x}) end, fun() -> socket:sendmsg(A, #{}) end, fun() -> socket:sendmsg(A, x) end, fun() -> socket:sendmsg(A, #{iov => [<<>>]}) end, fun() -> socket:sendmsg(A, #{iov => [<<>>], addr => x}) end, fun() -> maps:size(#{}), socket:sendmsg(A, #{iov => [<<>>], addr => #{family => inet, addr => x}}) end, fun() -> socket:sendmsg(A, #{iov => [<<>>], addr => #{family => inet6, addr => loopback, port => 5}}) end, fun() -> socket:sendmsg(A, #{iov => [<<>>], addr => loopback(1), ctrl => x}) end,
        fun() -> socket:recvmsg(A, -1) end, fun() -> socket:recvmsg(A, 0, x) end, fun() -> socket:recvmsg(A, [foo]) end, fun() -> socket:recvmsg(A, 0, 0, [], x) end]].
control_errors_case() ->
    {A, _} = udp(), {_, B} = udp(), F = fun(C) -> form(catch case socket:sendmsg(A, #{iov => [<<>>], addr => B, ctrl => C}) of {error, {invalid, {msg, ctrl, _}}} -> invalid; R -> R end) end,
    [F(C) || C <- [[x], [#{}], [#{level => ip}], [#{level => ip, type => tos}], [#{level => ip, type => foo, value => 1}], [#{level => ip, type => foo, data => <<>>}], [#{level => foo, type => 1, data => <<>>}], [#{level => ip, type => tos, value => x}], [#{level => ip, type => ttl, value => x}], [#{level => ip, type => ttl, data => x}], [#{level => ip, type => 1 bsl 40, data => <<>>}], [#{level => ip, type => pktinfo, value => #{}}], [#{level => ip, type => ttl, value => 1, data => <<1, 0, 0, 0>>}], [#{level => socket, type => timestamp, value => x}], [#{level => ip, type => 77, data => <<1>>}], [#{level => ip, type => ttl, value => 300}], [#{level => ip, type => tos, value => 1 bsl 40}]]].
tos_case() ->
    {A, AA} = udp(), {B, BA} = udp(), [ok = socket:setopt(B, ip, O, true) || O <- [recvtos, recvttl, pktinfo]],
    [begin ok = socket:sendmsg(A, #{iov => [<<"m">>], addr => BA, ctrl => C}), {ok, M} = socket:recvmsg(B), {maps:get(addr, M) =:= AA, plain(maps:get(ctrl, M)), maps:get(flags, M)} end
     || C <- [[], [#{level => ip, type => tos, value => lowdelay}], [#{level => ip, type => tos, value => 8}], [#{level => ip, type => tos, data => <<16#10, 0, 0, 0>>}], [#{level => ip, type => 1, data => <<16#04, 0, 0, 0>>}], [#{level => 0, type => tos, data => 4}], [#{level => ip, type => ttl, value => 17}, #{level => ip, type => tos, value => 4}], [#{level => ip, type => ttl, data => 9}]]].
inet6_case() ->
    {A, _} = udp6(), {B, BA} = udp6(), [ok = socket:setopt(B, ipv6, O, true) || O <- [recvtclass, recvhoplimit, recvpktinfo]],
    [begin ok = socket:sendmsg(A, #{iov => [<<"m">>], addr => BA, ctrl => C}), {ok, M} = socket:recvmsg(B), plain(maps:get(ctrl, M)) end || C <- [[], [#{level => ipv6, type => tclass, value => 12}], [#{level => ipv6, type => hoplimit, value => 33}]]].
timestamp_case() -> {A, _} = udp(), {B, BA} = udp(), ok = socket:setopt(B, socket, timestamp, true), ok = socket:sendto(A, "t", BA), {ok, #{ctrl := [C]}} = socket:recvmsg(B), [plain(C), is_binary(maps:get(data, C)), erlang:system_time(second) - maps:get(sec, maps:get(value, C)) < 100].
original_address_case() -> {A, _} = udp(), {B, BA} = udp(), ok = socket:setopt(B, ip, recvorigdstaddr, true), ok = socket:sendto(A, "t", BA), {ok, #{ctrl := [#{value := V} = C]}} = socket:recvmsg(B), [plain(C), V =:= BA].
error_queue_case() ->
    {A, _} = udp(), ok = socket:setopt(A, ip, recverr, true), {X, XA} = udp(), socket:close(X), ok = socket:connect(A, XA), ok = socket:send(A, "nobody"),
    {error, econnrefused} = socket:recv(A, 0, 1000), plain(socket:recvmsg(A, [errqueue], 1000)).
descriptors_case() ->
    {ok, L} = socket:open(local, dgram), P = filename:absname("socket_messages_l"), file:delete(P), ok = socket:bind(L, #{family => local, path => P}), {ok, K} = socket:open(local, dgram), ok = socket:connect(K, #{family => local, path => P}),
    {C, S} = pair(), {ok, N} = socket:getopt(C, otp, fd), ok = socket:sendmsg(K, #{iov => [<<"fd">>], ctrl => [#{level => socket, type => rights, data => <<N:32/native>>}]}), {ok, #{ctrl := [#{type := T, level := V, data := <<M:32/native>>} = R], iov := I}} = socket:recvmsg(L), file:delete(P),
    {ok, D} = socket:open(M, #{dup => false}), [T, V, maps:is_key(value, R), I, M =/= N, socket:close(C), socket:send(D, "passed"), socket:recv(S, 6)].
flags_case() ->
    {A, AA} = udp(), {B, BA} = udp(), [ok = socket:setopt(B, ip, O, true) || O <- [recvtos, recvttl, pktinfo]], ok = socket:sendto(A, "0123456789", BA), {ok, M} = socket:recvmsg(B, 4, 16), {_, S} = pair(), _ = S,
    ok = socket:sendto(A, "0123456789", BA), P = socket:recvfrom(B, 4, [peek]), T = socket:recvfrom(B, 4, [trunc]), [maps:get(flags, M), maps:get(iov, M), plain(P), case T of {ok, {AA, <<X:4/binary, Y/binary>>}} -> {X, byte_size(Y)} end].
peek_case() -> {C, S} = pair(), ok = socket:send(C, "peeked"), [socket:recv(S, 3, [peek]), socket:recv(S, 6, [peek]), socket:recv(S, 6)].
out_of_band_case() -> {C, S} = pair(), ok = socket:setopt(S, socket, oobinline, false), ok = socket:send(C, "a"), ok = socket:send(C, "!", [oob]), {ok, <<"a">>} = socket:recv(S, 1), timer:sleep(20), [socket:recv(S, 1, [oob], 1000), socket:send(C, "b", [oob, nosignal]), socket:send(C, "c", [4])].
buffers_case() -> {A, _} = udp(), {B, BA} = udp(), ok = socket:setopt(B, otp, rcvbuf, 3), ok = socket:setopt(B, otp, rcvctrlbuf, 8), ok = socket:setopt(B, ip, recvtos, true), ok = socket:sendto(A, "12345", BA), {ok, M} = socket:recvmsg(B), ok = socket:setopt(A, otp, sndctrlbuf, 4), [plain(M), case socket:sendmsg(A, #{iov => [<<>>], addr => BA, ctrl => [#{level => ip, type => tos, value => 4}]}) of {error, {invalid, {msg, ctrl, _}}} -> invalid; R -> R end].
seqpacket_case() -> {ok, L} = socket:open(local, seqpacket), N = <<0, "purlin-messages-", (integer_to_binary(erlang:system_time()))/binary>>, ok = socket:bind(L, #{family => local, path => N}), ok = socket:listen(L), {ok, C} = socket:open(local, seqpacket), ok = socket:connect(C, #{family => local, path => N}), {ok, S} = socket:accept(L), ok = socket:sendmsg(C, #{iov => [<<"first">>]}), ok = socket:send(C, "second"), {ok, M} = socket:recvmsg(S), [plain(M), socket:recv(S, 3), socket:close(C), socket:recvmsg(S)].
queued_case() ->
    {B, BA} = udp(), {A, _} = udp(), Me = self(), Ps = [spawn(fun() -> {ok, #{iov := [X]}} = socket:recvmsg(B), Me ! X end) || _ <- lists:seq(1, 5)], [ok = socket:sendto(A, <<N>>, BA) || N <- lists:seq(1, 5)], {length(Ps), lists:sort([receive X -> X after 5000 -> none end || _ <- Ps])}.
numbers_case() ->
    {C, S} = pair(), {A, AA} = udp(), F = [1 bsl 40],
    [form(catch X()) || X <- [fun() -> socket:send(C, "x", F) end, fun() -> socket:sendto(A, "x", AA, F) end, fun() -> socket:sendmsg(A, #{iov => [], addr => AA}, F) end, fun() -> socket:recv(S, 1, F, 0) end, fun() -> socket:recvfrom(A, 1, F, 0) end, fun() -> socket:recvmsg(A, 1, 1, F, 0) end, fun() -> socket:recv(S, 1 bsl 70, [], 0) end, fun() -> socket:recvmsg(A, 1, 1 bsl 70, [], 0) end, fun() -> socket:listen(C, 1 bsl 40) end, fun() -> socket:open(inet, stream, 1 bsl 40) end, fun() -> socket:open(1 bsl 40, stream, 0) end, fun() -> socket:open(inet, 1 bsl 40, 0) end, fun() -> socket:open(1 bsl 40) end]].
