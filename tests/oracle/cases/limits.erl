-module(limits).
-compile([export_all, nowarn_export_all]).

%% Sizes that the machine refuses, each with the error of its own. (Those that need flags are in commands.txt.)

show(F) ->
    Result = try F() of
                 Value when is_integer(Value) -> {integer, Value rem 1000};
                 Value -> {ok, type(Value)}
             catch
                 Class:Reason -> {Class, Reason}
             end,
    io:format("~p~n", [Result]).

type(Value) when is_bitstring(Value) -> {bits, bit_size(Value)};
type(Value) when is_tuple(Value) -> {tuple, tuple_size(Value)};
type(Value) when is_atom(Value) -> {atom, length(atom_to_list(Value))};
type(Value) when is_list(Value) -> {list, length(Value)};
type(_) -> other.

integers_case() ->
    [show(F) || F <- [fun() -> 1 bsl id(1 bsl 64) end,
                      fun() -> 1 bsl id(1 bsl 40) end,
                      fun() -> -1 bsl id(1 bsl 40) end,
                      fun() -> 0 bsl id(1 bsl 40) end,
                      fun() -> 1 bsr -id(1 bsl 40) end,
                      fun() -> 1 bsl id(-(1 bsl 64)) end,
                      fun() -> -1 bsr id(1 bsl 64) end,
                      fun() -> X = 1 bsl id(1 bsl 21), X * X end,
                      fun() -> 1.0 * id(1 bsl 1024) end,
                      fun() -> float(id(1 bsl 1023)) > 1 end,
                      fun() -> id(1 bsl 1024) / 2 end,
                      fun() -> trunc(id(1.0e308)) end]].

bits_case() ->
    [show(F) || F <- [fun() -> <<0:(id(1 bsl 64))>> end,
                      fun() -> <<0:(id(1 bsl 70))>> end,
                      fun() -> <<0:(id(-1))>> end,
                      fun() -> <<1:(id(1 bsl 61))/integer-unit:8>> end,
                      fun() -> <<0:(id(1 bsl 62))/integer-unit:256>> end,
                      fun() -> <<(id(<<1>>)):(id(1 bsl 64))/binary>> end,
                      fun() -> binary:copy(<<1, 2>>, id(1 bsl 64)) end,
                      fun() -> binary:part(<<1, 2>>, id(1 bsl 64), 1) end,
                      fun() -> binary:at(<<1>>, id(1 bsl 64)) end,
                      fun() -> Size = id(1 bsl 64), case id(<<1>>) of <<_:Size, _/bits>> -> 1; _ -> 0 end end]].

%% Not under hard: that build collects time and again while lists of sixteen million elements are made.
tuples_case() ->
    [show(F) || F <- [fun() -> erlang:make_tuple(id(1 bsl 24), x) end,
                      fun() -> erlang:make_tuple(id((1 bsl 24) - 1), x) end,
                      fun() -> erlang:make_tuple(id(1 bsl 64), x) end,
                      fun() -> list_to_tuple(lists:duplicate(1 bsl 24, x)) end,
                      fun() -> setelement(id(1 bsl 64), {a}, x) end,
                      fun() -> element(id(1 bsl 64), {a}) end,
                      fun() -> erlang:append_element(erlang:make_tuple((1 bsl 24) - 1, x), y) end]].

atoms_case() ->
    Long = lists:duplicate(255, $a), Wide = lists:duplicate(255, 1234),
    [show(F) || F <- [fun() -> list_to_atom(id(Long)) end,
                      fun() -> list_to_atom([$b | id(Long)]) end,
                      fun() -> list_to_atom(id(Wide)) end,
                      fun() -> list_to_atom([$b | id(Wide)]) end,
                      fun() -> binary_to_atom(list_to_binary([$b | id(Long)])) end,
                      fun() -> binary_to_atom(unicode:characters_to_binary([$b | id(Wide)])) end,
                      fun() -> binary_to_existing_atom(list_to_binary([$b | id(Long)])) end,
                      fun() -> list_to_existing_atom([$b | id(Long)]) end,
                      fun() -> binary_to_term(<<131, 100, 256:16, (list_to_binary([$b | id(Long)]))/binary>>) end]].

functions_case() ->
    Many = lists:duplicate(256, x),
    [show(F) || F <- [fun() -> apply(?MODULE, id, id(Many)) end,
                      fun() -> fun erlang:self/256 end,
                      fun() -> erlang:make_fun(a, b, id(256)) end,
                      fun() -> erlang:make_fun(a, b, id(1 bsl 64)) end,
                      fun() -> process_flag(min_heap_size, id(1 bsl 64)) end,
                      fun() -> process_flag(max_heap_size, id(1 bsl 64)) end,
                      fun() -> spawn_opt(fun() -> ok end, [{min_heap_size, id(1 bsl 62)}]) end,
                      fun() -> erlang:start_timer(id(1 bsl 64), self(), x) end,
                      fun() -> erlang:send_after(id(1 bsl 60), self(), x) end,
                      fun() -> receive after id(1 bsl 64) -> ok end end,
                      fun() -> receive after id(16#100000000) -> ok end end,
                      fun() -> counters:get(counters:new(id(1 bsl 64), []), 1) end,
                      fun() -> atomics:new(id(1 bsl 61), []) end,
                      fun() -> open_port({spawn, "cat"}, [{packet, id(3)}]) end,
                      fun() -> open_port({spawn, "cat"}, [{line, id(1 bsl 64)}]) end,
                      fun() -> ets:new(t, [{keypos, id(1 bsl 64)}]) end]].

id(X) -> X.
