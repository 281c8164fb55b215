%% What the cases of the module socket share.
-module(sockets).
-export([loopback/1, loopback6/1, listener/0, pair/0, udp/0, udp6/0, bytes/1, recv_all/2, form/1, counters/1]).

loopback(Port) -> #{family => inet, addr => {127, 0, 0, 1}, port => Port}.
loopback6(Port) -> #{family => inet6, addr => loopback, port => Port}.

%% A listening TCP socket, and its address.
listener() ->
    {ok, L} = socket:open(inet, stream, tcp),
    ok = socket:bind(L, loopback(0)),
    ok = socket:listen(L, 20),
    {ok, A} = socket:sockname(L),
    {L, A}.

%% The two ends of a TCP connection.
pair() ->
    {L, A} = listener(),
    {ok, C} = socket:open(inet, stream),
    ok = socket:connect(C, A),
    {ok, S} = socket:accept(L),
    ok = socket:close(L),
    {C, S}.

%% A bound UDP socket, and its address.
udp() -> udp(inet, loopback(0)).
udp6() -> udp(inet6, loopback6(0)).
udp(Family, Address) ->
    {ok, S} = socket:open(Family, dgram, udp),
    ok = socket:bind(S, Address),
    {ok, A} = socket:sockname(S),
    {S, A}.

bytes(N) -> binary:part(binary:copy(<< <<(X * 7 rem 251)>> || X <- lists:seq(1, 251) >>, N div 251 + 1), 0, N).

recv_all(S, N) -> recv_all(S, N, <<>>).
recv_all(_, 0, B) -> B;
recv_all(S, N, B) -> {ok, D} = socket:recv(S, min(N, 65536)), recv_all(S, N - byte_size(D), <<B/binary, D/binary>>).

%% An answer without what differs from run to run: references, lines of OTP's modules.
form({select, {select_info, {Op, _}, H}}) when is_reference(H) -> {select, Op};
form({select, {select_info, Op, H}}) when is_reference(H) -> {select, Op};
form({select, {{select_info, Op, H}, D}}) when is_reference(H), is_atom(Op) -> {select, Op, D};
form({'EXIT', {R, [{M, F, A, _} | _]}}) when is_list(A) -> {exit, R, M, F, length(A)};
form({'EXIT', {R, [{M, F, A, _} | _]}}) -> {exit, R, M, F, A};
form({ok, {'$socket', R}}) when is_reference(R) -> {ok, socket};
form(X) -> X.

%% Those counters of a socket that are not 0.
counters(S) -> #{counters := C} = socket:info(S), lists:sort([{K, V} || {K, V} <- maps:to_list(C), V =/= 0]).
