%% Ports and programs.
-module(ports).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
collect(P) -> collect(P, []).
collect(P, Acc) ->
    receive
        {P, {data, D}} -> collect(P, [D | Acc]);
        {P, {exit_status, S}} -> {lists:reverse(Acc), S};
        {P, eof} -> {lists:reverse(Acc), eof};
        {'EXIT', P, W} -> {lists:reverse(Acc), W}
    after 5000 -> {lists:reverse(Acc), timeout}
    end.
joined({L, S}) -> {iolist_to_binary(L), S}.
sh() -> os:find_executable("sh").

cmd_case() -> [os:cmd("echo hello"), os:cmd("echo err 1>&2"), os:cmd("exit 3"), os:cmd("printf 'a\\nb'"), os:cmd(["ec", "ho x"])].
cmd_big_case() -> length(os:cmd("head -c 300000 /dev/zero | tr '\\0' x")).
cmd_unicode_case() -> os:cmd("echo å€").
exit_status_case() -> [joined(collect(open_port({spawn_executable, sh()}, [{args, ["-c", A]}, exit_status, binary]))) || A <- ["exit 0", "exit 7", "echo out; exit 1", "kill -9 $$", "kill -15 $$"]].
spawn_case() -> joined(collect(open_port({spawn, "echo a b 'c d'"}, [exit_status, binary]))).
eof_case() -> process_flag(trap_exit, true), joined(collect(open_port({spawn, "echo x"}, [eof, binary]))).
exit_signal_case() -> process_flag(trap_exit, true), joined(collect(open_port({spawn, "echo x"}, [binary]))).
list_case() -> collect(open_port({spawn, "printf abc"}, [exit_status])).
line_case() -> collect(open_port({spawn, "printf 'one\\ntwo\\nlonger line\\nend'"}, [{line, 6}, exit_status])).
packet_case() -> P = open_port({spawn, "cat"}, [{packet, 2}, binary]), P ! {self(), {command, <<"hello">>}}, A = receive {P, {data, D}} -> D end, port_command(P, ["a", <<"b">>]), B = receive {P, {data, E}} -> E end, [A, B, port_close(P)].
packet4_case() -> P = open_port({spawn, "cat"}, [{packet, 4}, binary]), X = binary:copy(<<"y">>, 200000), port_command(P, X), R = receive {P, {data, D}} -> D =:= X after 5000 -> none end, port_close(P), R.
stream_case() -> P = open_port({spawn, "cat"}, [stream, binary]), port_command(P, "hi"), R = receive {P, {data, D}} -> D end, [R, port_close(P), try_(fun() -> port_command(P, "x") end)].
env_case() -> joined(collect(open_port({spawn, "echo $ORACLE_A-$HOME_NOT_SET"}, [{env, [{"ORACLE_A", "val"}, {"HOME_NOT_SET", false}]}, exit_status, binary]))).
cd_case() -> joined(collect(open_port({spawn, "pwd"}, [{cd, "/"}, exit_status, binary]))).
args_case() -> joined(collect(open_port({spawn_executable, sh()}, [{args, ["-c", "echo \"$0|$1|$2\"", "zero", "a b", <<"c">>]}, exit_status, binary]))).
arg0_case() -> joined(collect(open_port({spawn_executable, sh()}, [{arg0, "other"}, {args, ["-c", "echo $0"]}, exit_status, binary]))).
stderr_case() -> joined(collect(open_port({spawn, "echo oops 1>&2"}, [stderr_to_stdout, exit_status, binary]))).
missing_case() -> [try_(fun() -> open_port({spawn_executable, "/no/such/program"}, []) end), try_(fun() -> open_port({spawn_executable, "/etc/passwd"}, []) end), joined(collect(open_port({spawn, "no-such-program-zz 2>/dev/null"}, [exit_status, binary])))].
bad_case() -> [try_(fun() -> open_port(id({x, y}), []) end), try_(fun() -> open_port({spawn, "cat"}, id([bad])) end), try_(fun() -> open_port({spawn, "cat"}, [{packet, 3}]) end), try_(fun() -> open_port({spawn_driver, "nosuch"}, []) end), try_(fun() -> port_command(id(x), "y") end), try_(fun() -> port_close(id(x)) end)].
info_case() -> P = open_port({spawn, "cat"}, [binary]), R = [erlang:port_info(P, K) || K <- [name, input, output, registered_name]] ++ [erlang:port_info(P, connected) =:= {connected, self()}, element(1, erlang:port_info(P, os_pid)), erlang:port_info(P, links) =:= {links, [self()]}], port_close(P), [R, erlang:port_info(P), erlang:port_info(P, name)].
close_message_case() -> process_flag(trap_exit, true), P = open_port({spawn, "cat"}, [binary]), P ! {self(), close}, receive {P, closed} -> closed after 1000 -> none end.
connect_case() -> S = self(), P = open_port({spawn, "cat"}, [binary]), Q = spawn(fun() -> receive go -> ok end, port_command(P, "x"), receive {P, {data, D}} -> S ! {got, D} end end), R = port_connect(P, Q), unlink(P), Q ! go, [R, receive {got, D} -> D after 1000 -> none end].
owner_dies_case() -> S = self(), spawn(fun() -> P = open_port({spawn, "cat"}, []), S ! P end), P = receive X -> X end, timer:sleep(100), erlang:port_info(P).
register_case() -> P = open_port({spawn, "cat"}, [binary]), register(a_port, P), a_port ! {self(), {command, "via name"}}, R = receive {P, {data, D}} -> D end, W = whereis(a_port) =:= P, port_close(P), [R, W, whereis(a_port)].
monitor_case() -> P = open_port({spawn, "cat"}, []), R = monitor(port, P), port_close(P), receive {'DOWN', R, port, P, W} -> W after 1000 -> none end.
bad_signal_case() -> process_flag(trap_exit, true), P = open_port({spawn, "cat"}, []), try_(fun() -> P ! garbage end), receive {'EXIT', P, W} -> W after 100 -> none end.
back_pressure_case() -> P = open_port({spawn, "sleep 0.3; cat | wc -c"}, [binary, exit_status]), B = binary:copy(<<"z">>, 100000), [port_command(P, B) || _ <- lists:seq(1, 20)], port_close(P).
many_case() -> S = self(), [spawn(fun() -> S ! os:cmd("echo " ++ integer_to_list(N)) end) || N <- lists:seq(1, 20)], lists:sort([receive X -> X end || _ <- lists:seq(1, 20)]).
ports_case() -> P = open_port({spawn, "cat"}, []), A = lists:member(P, erlang:ports()), port_close(P), [A, lists:member(P, erlang:ports()), is_port(P)].
data_case() -> P = open_port({spawn, "cat"}, []), [erlang:port_set_data(P, {some, data}), erlang:port_get_data(P), port_close(P), try_(fun() -> erlang:port_get_data(P) end)].
%% What is told of a port that has come to an end while its program has not read all yet, and how much the program gets.
ended(End) ->
    File = filename:join(os:getenv("TMPDIR", "/tmp"), "oracle-" ++ os:getpid() ++ integer_to_list(erlang:unique_integer([positive]))),
    Self = self(),
    {Owner, M} = spawn_monitor(fun() ->
        P = open_port({spawn, "sleep 0.4; wc -c >" ++ File ++ ".part; mv " ++ File ++ ".part " ++ File}, [binary]),
        register(oracle_ended, P),
        true = port_command(P, binary:copy(<<"x">>, 300000)),
        Self ! P,
        receive go -> End(P) end
    end),
    P = receive X -> X end,
    Owner ! go,
    W = receive {'DOWN', M, process, Owner, R} -> R after 5000 -> none end,
    timer:sleep(100),
    Told = [erlang:port_info(P, I) || I <- [links, registered_name, output]],
    Info = case erlang:port_info(P) of undefined -> undefined; L -> [I || {I, _} <- L] end,
    Refused = [try_(fun() -> port_command(P, "x") end), try_(fun() -> port_close(P) end), try_(fun() -> port_connect(P, Self) end), try_(fun() -> register(oracle_again, P) end), P ! {Self, close}, exit(P, kill)],
    Rest = [lists:member(P, erlang:ports()), whereis(oracle_ended)],
    Got = read_soon(File, 100),
    timer:sleep(50),
    {W, Told, Info, Refused =:= [{error, badarg}, {error, badarg}, {error, badarg}, {error, badarg}, {Self, close}, true], Rest, Got, erlang:port_info(P)}.
read_soon(_, 0) -> none;
read_soon(F, N) -> case file:read_file(F) of {ok, B} -> file:delete(F), string:trim(B); _ -> timer:sleep(50), read_soon(F, N - 1) end.
ended_case() -> [{I, ended(F)} || {I, F} <- [{close, fun(P) -> port_close(P) end}, {normal, fun(_) -> ok end}, {shutdown, fun(_) -> exit(shutdown) end}, {killed, fun(_) -> exit(self(), kill) end}, {exit, fun(P) -> exit(P, reason) end}, {kill, fun(P) -> exit(P, kill) end}, {message, fun(P) -> P ! {self(), close}, receive {P, closed} -> ok end end}]].
register_ended_case() -> P = open_port({spawn, "cat"}, []), Q = open_port({spawn, "cat"}, []), port_close(P), register(oracle_q, Q), [try register(A, B) catch error:badarg:S -> element(4, hd(S)) end || {A, B} <- [{oracle_p, P}, {init, P}, {oracle_r, Q}]].
