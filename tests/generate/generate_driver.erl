%% Runs the functions seed_N/0 of modules, each in a process of its own, and prints one line for each: its name and what it
%% returned or raised. What may differ from one run to the next is left out: identifiers, the order of large maps.
-module(generate_driver).
-export([main/1, entries/1, whole/1, first/1, caught/3]).

-define(LIMIT, 20000).
-define(LONGEST, 2000).

main(Modules) ->
    logger:set_primary_config(level, none),
    lists:foreach(fun module/1, [list_to_atom(Name) || Name <- Modules]),
    halt(0).

module(Module) ->
    {module, Module} = code:load_file(Module),
    Names = [{list_to_integer(N), F} || {F, 0} <- Module:module_info(exports), "seed_" ++ N <- [atom_to_list(F)]],
    lists:foreach(fun({_, Name}) -> io:put_chars([atom_to_list(Name), $\s, run(Module, Name), $\n]) end, lists:sort(Names)).

run(Module, Name) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({text, text(value(Module, Name))}) end),
    receive
        {'DOWN', Monitor, process, Pid, {text, Text}} -> Text;
        {'DOWN', Monitor, process, Pid, Reason} -> text({died, Reason})
    after ?LIMIT ->
        exit(Pid, kill),
        receive {'DOWN', Monitor, process, Pid, _} -> "timed out" end
    end.

value(Module, Name) ->
    try Module:Name()
    catch Class:Reason:Stack -> caught(Class, Reason, Stack)
    end.

%% An exception as a value: with the stack above the driver.
caught(Class, Reason, Stack) ->
    {Class, Reason, [Entry || Entry <- Stack, element(1, Entry) =/= ?MODULE]}.

%% The pairs of a map, in an order that is the same everywhere.
entries(Map) when map_size(Map) =< 32 -> maps:to_list(Map);
entries(Map) -> sorted(maps:to_list(Map)).

sorted(Terms) -> [Term || {_, Term} <- lists:sort([{io_lib:format("~0p", [plain(Term)]), Term} || Term <- Terms])].

%% Filled up with zero bits.
whole(Bits) -> <<Bits/bits, 0:(-bit_size(Bits) band 7)>>.

%% At most eight bytes.
first(Binary) -> binary:part(Binary, 0, min(8, byte_size(Binary))).

text(Term) ->
    Text = unicode:characters_to_binary(io_lib:format("~0tp", [plain(Term)])),
    case byte_size(Text) > ?LONGEST of
        true -> [string:slice(Text, 0, ?LONGEST), " ... ", integer_to_list(erlang:crc32(Text))];
        false -> Text
    end.

plain(Term) when is_pid(Term) -> 'PID';
plain(Term) when is_reference(Term) -> 'REFERENCE';
plain(Term) when is_port(Term) -> 'PORT';
plain(Term) when is_function(Term) -> {'FUN', erlang:fun_info(Term, arity)};
plain([Head | Tail]) -> [plain(Head) | plain(Tail)];
plain(Term) when is_tuple(Term) -> list_to_tuple(plain(tuple_to_list(Term)));
plain(Term) when map_size(Term) > 32 -> {'MAP', sorted(maps:to_list(Term))};
plain(Term) when is_map(Term) -> maps:from_list(plain(maps:to_list(Term)));
plain(Term) -> Term.
