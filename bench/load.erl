%% Loads every module of some directories that is not loaded yet, as a release in embedded mode does at its start.
%% Prints the microseconds, and by how many bytes the resident memory of the VM has grown.
-module(load).
-export([main/1]).

main(Directories) ->
    true = code:add_pathsa(Directories) =:= ok,
    Modules = [module(File) || Directory <- Directories, File <- filelib:wildcard("*.beam", Directory)],
    erlang:garbage_collect(),
    Before = resident(),
    Start = erlang:monotonic_time(),
    [{module, Module} = code:ensure_loaded(Module) || Module <- Modules],
    Micros = erlang:convert_time_unit(erlang:monotonic_time() - Start, native, microsecond),
    io:format("~b ~b~n", [Micros, resident() - Before]),
    halt(0).

module(File) -> list_to_atom(filename:basename(File, ".beam")).

resident() ->
    {ok, Statm} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:split(Statm, " ", all),
    binary_to_integer(Pages) * 4096.
