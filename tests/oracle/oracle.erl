%% Runs the cases of a module: every exported function NAME_case/0, in the order of their names, each in a process of its own.
%% Prints a line "== NAME" and then what the case returned or raised. The same module runs on OTP and on Purlin, and the
%% outputs are compared. The arguments: the module, a factor on the time limit, and the cases to leave out.
-module(oracle).
-export([main/1, messages/1]).

-define(LIMIT, 60000).

main([Name]) -> main([Name, "1"]);
main([Name, Patience | Unwanted]) ->
    Module = list_to_atom(Name),
    Limit = ?LIMIT * list_to_integer(Patience),
    {module, Module} = code:load_file(Module),
    Cases = lists:sort([F || {F, 0} <- Module:module_info(exports), lists:suffix("_case", atom_to_list(F))]),
    Wanted = [Case || Case <- Cases, not lists:member(atom_to_list(Case), Unwanted)],
    lists:foreach(fun(Case) -> run(Module, Case, Limit) end, Wanted),
    io:format("== end~n"),
    halt(0).

run(Module, Case, Limit) ->
    io:format("== ~s~n", [Case]),
    {Pid, Monitor} = spawn_monitor(fun() -> exit({result, value(Module, Case)}) end),
    receive
        {'DOWN', Monitor, process, Pid, {result, Value}} -> io:format("~tp~n", [Value]);
        {'DOWN', Monitor, process, Pid, Reason} -> io:format("died: ~tp~n", [Reason])
    after Limit ->
        exit(Pid, kill),
        io:format("timed out~n")
    end.

%% The messages of the calling process, until none has come for so many milliseconds. A machine that is late with the end of
%% that wait may be as late with what is waited for: it gets another.
messages(Wait) ->
    Start = erlang:monotonic_time(millisecond),
    receive M -> [M | messages(Wait)]
    after Wait ->
        case erlang:monotonic_time(millisecond) - Start > Wait + 10 of
            true -> messages(Wait);
            false -> []
        end
    end.

value(Module, Case) ->
    try {value, Module:Case()}
    catch Class:Reason:Stack -> {Class, Reason, lists:takewhile(fun({M, _, _, _}) -> M =/= ?MODULE end, Stack)}
    end.
