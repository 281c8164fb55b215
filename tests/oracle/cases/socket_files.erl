%% socket:sendfile, socket:ioctl.
-module(socket_files).
-compile([export_all, nowarn_export_all]).
-import(sockets, [pair/0, udp/0, bytes/1, recv_all/2, form/1, counters/1]).

file(N, B) -> P = filename:absname("socket_file_" ++ N), ok = file:write_file(P, B), {ok, F} = file:open(P, [raw, read, binary]), file:delete(P), F.

whole_case() -> B = bytes(100000), F = file("whole", B), {C, S} = pair(), [socket:sendfile(C, F), recv_all(S, 100000) =:= B, counters(C)].
parts_case() ->
    B = bytes(1000), F = file("parts", B), {C, S} = pair(),
    R = [socket:sendfile(C, F, 10, 20), recv_all(S, 20) =:= binary:part(B, 10, 20), socket:sendfile(C, F, 990, 100), socket:sendfile(C, F, 990, 0), socket:sendfile(C, F, 1000, 0), socket:sendfile(C, F, 2000, 10), socket:sendfile(C, F, 5, 1, 1000)], [R, counters(C)].
errors_case() ->
    F = file("errors", <<"abc">>), {C, S} = pair(), {ok, G} = file:open("socket_file_rw", [read, write, binary]), {ok, W} = file:open("socket_file_w", [raw, write, binary]), [file:delete(P) || P <- ["socket_file_rw", "socket_file_w"]], {ok, N} = socket:open(inet, stream),
    R = [form(catch X()) || X <- [fun() -> socket:sendfile(C, F, -1, 0) end, fun() -> socket:sendfile(C, F, 0, -1) end, fun() -> socket:sendfile(C, foo) end, fun() -> socket:sendfile(C, G) end, fun() -> socket:sendfile(C, W) end, fun() -> socket:sendfile(N, F) end, fun() -> socket:sendfile(C, {select_info, foo, make_ref()}, 0, 0) =:= x end, fun() -> socket:sendfile(C, {select_info, sendfile, make_ref()}, 0, 0) end, fun() -> file:close(F), socket:sendfile(C, F) end, fun() -> socket:close(C), socket:sendfile(C, W) end]], [R, socket:recv(S)].
large_case() ->
    B = binary:copy(bytes(1000), 20000), F = file("large", B), {C, S} = pair(), Me = self(), spawn_link(fun() -> Me ! {read, recv_all(S, byte_size(B)) =:= B} end),
    [socket:sendfile(C, F), receive {read, R} -> R after 20000 -> none end, proplists:get_value(sendfile_byte, counters(C))].
nowait_case() ->
    B = binary:copy(bytes(1000), 20000), F = file("nowait", B), {C, S} = pair(), {select, {{select_info, sendfile, H} = I, N}} = socket:sendfile(C, F, 0, 0, nowait), Again = socket:sendfile(C, F, 0, 0, nowait),
    Me = self(), spawn_link(fun() -> Me ! {read, recv_all(S, byte_size(B)) =:= B} end), receive {'$socket', C, select, H} -> ok end,
    [N > 0, Again, case socket:sendfile(C, I, N, 0) of {ok, M} -> N + M; E -> E end, receive {read, R} -> R after 20000 -> none end].
closed_case() ->
    F = file("closed", binary:copy(bytes(1000), 20000)), {C, S} = pair(), {select, {{select_info, sendfile, H} = I, N}} = socket:sendfile(C, F, 0, 0, nowait), ok = socket:close(C),
    {D, T} = pair(), {select, {{select_info, sendfile, K} = J, M}} = socket:sendfile(D, F, 0, 0, nowait), ok = socket:close(T), _ = S,
    [receive {'$socket', C, abort, {H, R}} -> R after 5000 -> none end, socket:sendfile(C, I, N, 0), receive {'$socket', D, select, K} -> selected after 5000 -> none end, socket:sendfile(D, J, M, 0), form(catch socket:sendfile(D, J, M, 0))].
cancel_case() -> F = file("cancel", binary:copy(bytes(1000), 20000)), {C, _} = pair(), {select, {I, _}} = socket:sendfile(C, F, 0, 0, nowait), [socket:cancel(C, I), element(1, socket:cancel(C, I)), form(catch socket:sendfile(C, I, 0, 0)), element(1, socket:sendfile(C, F, 0, 0, 5))].
datagram_case() -> F = file("datagram", <<"in a file">>), {A, _} = udp(), {B, BA} = udp(), ok = socket:connect(A, BA), [socket:sendfile(A, F, 0, 5), socket:recv(B, 0, 1000)].
file_module_case() -> B = bytes(5000), P = filename:absname("socket_file_module"), ok = file:write_file(P, B), {ok, L} = gen_tcp:listen(0, [{inet_backend, socket}, binary, {active, false}, {ip, {127, 0, 0, 1}}]), {ok, N} = inet:port(L), {ok, C} = gen_tcp:connect({127, 0, 0, 1}, N, [{inet_backend, socket}, binary, {active, false}]), {ok, S} = gen_tcp:accept(L), R = [file:sendfile(P, C), gen_tcp:recv(S, 5000) =:= {ok, B}], file:delete(P), R.

%% ---- network interfaces

interfaces_case() -> {S, _} = udp(), {ok, L} = socket:ioctl(S, gifconf), [I || #{name := "lo"} = I <- L].
interface_case() ->
    {S, _} = udp(), [{R, N, form(catch case socket:ioctl(S, R, N) of {ok, #{addr := <<A:6/binary, _/binary>>} = M} -> M#{addr := A}; V -> V end)} || R <- [gifindex, gifaddr, gifdstaddr, gifbrdaddr, gifnetmask, gifhwaddr, gifmtu, giftxqlen, gifflags, gifmap], N <- ["lo", "nosuch", "averyverylongnameofaninterface", "", [1000], 1]].
interface_name_case() -> {S, _} = udp(), [form(catch socket:ioctl(S, gifname, N)) || N <- [1, 77777, -1, x, 1 bsl 40, "lo"]].
interface_errors_case() ->
    {S, _} = udp(), R = [form(catch F()) || F <- [fun() -> socket:ioctl(S, foo) end, fun() -> socket:ioctl(S, foo, 1) end, fun() -> socket:ioctl(S, foo, 1, 2) end, fun() -> socket:ioctl(foo, gifconf) end, fun() -> socket:ioctl(S, sifaddr, "nosuch", #{family => inet, addr => {1, 2, 3, 4}}) end, fun() -> socket:ioctl(S, sifaddr, "nosuch", #{family => inet, addr => x}) end, fun() -> socket:ioctl(S, sifdstaddr, "nosuch", #{family => inet, addr => {1, 2, 3, 4}}) end, fun() -> socket:ioctl(S, sifbrdaddr, "nosuch", #{family => inet, addr => {1, 2, 3, 4}}) end, fun() -> socket:ioctl(S, sifnetmask, "nosuch", #{family => inet, addr => {1, 2, 3, 4}}) end, fun() -> socket:ioctl(S, sifmtu, "nosuch", 1000) end, fun() -> socket:ioctl(S, sifmtu, "nosuch", 1 bsl 40) end, fun() -> socket:ioctl(S, siftxqlen, "nosuch", 1) end, fun() -> socket:ioctl(S, sifflags, "nosuch", #{up => true}) end]],
    socket:close(S), [R, socket:ioctl(S, gifconf), socket:ioctl(S, gifname, 1), socket:ioctl(S, sifmtu, "lo", 1)].
