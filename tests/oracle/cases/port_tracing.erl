%% Tracing of ports: flags of theirs, what they are told and tell, when they run.
-module(port_tracing).
-compile([export_all, nowarn_export_all]).

%% Closed while it writes, it would complain, or not.
-define(CAT, "cat 2>/dev/null").

try_(F) -> try F() catch C:R -> {C, R} end.
messages() -> oracle:messages(100).

%% The trace messages of a port that is traced from its birth; F works with it. What the outside world does to it may happen in one
%% step or in several.
traced(Flags, F) -> traced(Flags, {spawn, ?CAT}, [stream], F).
traced(Flags, Name, Options, F) ->
    erlang:trace(new_ports, true, Flags),
    Port = open_port(Name, Options),
    erlang:trace(new_ports, false, [all]),
    F(Port),
    Messages = messages(),
    catch port_close(Port),
    [M || M <- Messages, element(1, M) =:= trace, element(2, M) =:= Port, not lists:member(M, [{trace, Port, in, 0}, {trace, Port, out, 0}])].

echo(Port) -> receive {Port, {data, Data}} -> Data after 5000 -> none end.

commands_case() ->
    S = self(),
    [traced(Flags, fun(P) -> P ! {S, {command, "hello"}}, echo(P), port_command(P, ["a", <<"gain">>]), echo(P), port_close(P) end) || Flags <- [[ports], [send], ['receive'], [ports, send, 'receive', running_ports]]].
message_requests_case() ->
    S = self(), Q = spawn(fun() -> receive never -> ok end end),
    traced([ports, send, 'receive'], fun(P) -> P ! {S, {connect, Q}}, P ! {Q, {connect, S}}, P ! {S, close} end).
bad_requests_case() ->
    traced([ports, send, 'receive'], fun(P) -> process_flag(trap_exit, true), P ! hello, P ! {self(), nothing}, receive {'EXIT', P, _} -> ok after 100 -> ok end end).
connect_case() ->
    Q = spawn(fun() -> receive never -> ok end end),
    traced([send, 'receive', running_ports], fun(P) -> link(P), port_connect(P, Q), port_connect(P, self()) end).
control_case() -> traced([ports, send, 'receive', running_ports], fun(P) -> catch port_control(P, 17, "x"), catch erlang:port_call(P, 1, x) end).
links_case() ->
    traced([ports, running_ports], fun(P) -> unlink(P), link(P), link(P), Q = spawn(fun() -> link(P) end), M = monitor(process, Q), receive {'DOWN', M, _, _, _} -> ok end, unlink(P) end).
names_case() -> traced([ports], fun(P) -> register(port_tracing_name, P), unregister(port_tracing_name), register(port_tracing_other, P), port_close(P) end).
exits_case() ->
    [traced([ports, send, 'receive'], fun(P) -> process_flag(trap_exit, true), exit(P, Reason) end) || Reason <- [normal, foo, kill]].
owner_dies_case() ->
    S = self(),
    erlang:trace(new_ports, true, [ports, send, 'receive']),
    [begin
         {Q, M} = spawn_monitor(fun() -> S ! {port, open_port({spawn, ?CAT}, [])}, exit(Reason) end),
         Port = receive {port, P} -> P end, receive {'DOWN', M, process, Q, _} -> ok end,
         [X || X <- messages(), element(1, X) =:= trace, element(2, X) =:= Port]
     end || Reason <- [normal, bad]] ++ [erlang:trace(new_ports, false, [all])].
exit_status_case() ->
    Ms = traced([ports, send], {spawn_executable, "/bin/true"}, [exit_status], fun(P) -> receive {P, {exit_status, _}} -> ok end end),
    [M || M <- Ms, element(4, M) =/= {element(2, M), {control, <<>>}}]. % how OTP starts programs
stamps_case() ->
    [begin
         Port = begin erlang:trace(new_ports, true, ['receive' | More]), P = open_port({spawn, ?CAT}, []), erlang:trace(new_ports, false, [all]), P end,
         port_command(Port, "x"), echo(Port),
         Ms = messages(), port_close(Port),
         [[case X of N when is_integer(N), N > 0, N < 100 -> number; N when is_integer(N) -> time; _ -> X end || X <- tuple_to_list(M)] || M <- Ms, element(2, M) =:= Port, element(1, M) =/= Port]
     end || More <- [[monotonic_timestamp]]].
set_case() ->
    Port = open_port({spawn, ?CAT}, []),
    Set = fun(How, Flags) -> {try_(fun() -> erlang:trace(Port, How, Flags) end), erlang:trace_info(Port, flags), erlang:trace_info(Port, tracer) =:= {tracer, self()}} end,
    A = [Set(How, F) || {How, F} <- [{true, [send]}, {true, ['receive', ports]}, {false, [send]}, {true, [call, procs]}, {false, [all]}, {true, [all]}, {false, [all]}, {true, [nothing]}]],
    port_close(Port),
    {A, try_(fun() -> erlang:trace(Port, true, [send]) end), erlang:trace_info(Port, flags), erlang:trace_info(Port, tracer), try_(fun() -> erlang:trace_info(Port, nothing) end)}.
open_by_traced_case() ->
    S = self(),
    {P, M} = spawn_monitor(fun() -> receive go -> ok end, Q = open_port({spawn, ?CAT}, []), Flags = erlang:trace_info(Q, flags), unlink(Q), link(Q), port_close(Q), timer:sleep(10), S ! {flags, Flags} end),
    erlang:trace(P, true, [procs, ports, set_on_link, set_on_spawn]),
    P ! go, receive {'DOWN', M, _, _, _} -> ok end,
    messages().
%% What a port is told when it is the tracer of a port.
port_traces_port_case() ->
    Tracer = open_port({spawn, ?CAT}, [binary, {packet, 4}]), Port = open_port({spawn, ?CAT}, []),
    A = erlang:trace(Port, true, ['receive', ports, {tracer, Tracer}]),
    port_command(Port, "hi"), unlink(Port),
    Told = [binary_to_term(B) || _ <- [1, 2], {_, {data, B}} <- [receive {Tracer, _} = M -> M after 5000 -> none end]],
    echo(Port), port_close(Port), port_close(Tracer), messages(),
    {A, Told}.
