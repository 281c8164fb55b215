%% Runs one program of bench/programs in this VM: Module:run() once to warm up, then Times times.
%% Prints a line of the times in microseconds.
-module(bench).
-export([main/1]).

main([Name, Times]) ->
    Module = list_to_atom(Name),
    Module:run(),
    Micros = [time(Module) || _ <- lists:seq(1, list_to_integer(Times))],
    io:format("~s~n", [lists:join(" ", [integer_to_list(M) || M <- Micros])]),
    halt(0).

time(Module) ->
    erlang:garbage_collect(),
    Start = erlang:monotonic_time(),
    Module:run(),
    erlang:convert_time_unit(erlang:monotonic_time() - Start, native, microsecond).
