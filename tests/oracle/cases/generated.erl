%% What tests/generate found: its shrunk programs, and what stands close to them.
-module(generated).
-compile([export_all, nowarn_export_all]).

id(X) -> X.

caught(F) ->
    try F()
    catch Class:Reason:Stack ->
        {Module, Function, Arguments, Info} = hd(Stack),
        {Class, Reason, Module, Function, Arguments, lists:keyfind(error_info, 1, Info)}
    end.

negative_digits_case() ->
    [caught(fun() -> float_to_list(id(F), [{scientific, N}]) end) || F <- [2.5, -1.0e-20], N <- [-1, -10]] ++
        [caught(fun() -> float_to_binary(id(2.5), Options) end)
         || Options <- [[{scientific, -1}, {decimals, 2}], [{decimals, -1}, {decimals, 2}], [{decimals, -1}], [{scientific, 250}]]].

register_cause_case() ->
    {Dead, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    Alive = spawn(fun() -> receive stop -> ok end end),
    register(generated_name, self()),
    Causes = [begin {error, badarg, _, _, _, Info} = caught(fun() -> register(Name, Owner) end), Info end
              || {Name, Owner} <- [{generated_name, Alive}, {other_name, self()}, {other_name, Dead}, {generated_name, Dead},
                                   {generated_name, self()}, {undefined, self()}, {"a", self()}, {other_name, 1}]],
    Alive ! stop,
    Causes.

decode_packet_cause_case() ->
    [caught(fun() -> erlang:decode_packet(id(Type), id(Data), Options) end)
     || {Type, Data, Options} <- [{11, <<>>, []}, {raw, a, []}, {raw, <<1:3>>, []}, {raw, <<>>, [a]}, {raw, <<>>, a}]].

%% Which one of several bad segments is named.
segment_order_case() ->
    A = id(a), Minus = id(-1), Empty = id(<<>>), Odd = id(<<1:3>>), Big = id(1 bsl 70),
    [caught(F) || F <- [
        fun() -> <<1, Minus/utf8, A/utf32>> end, fun() -> <<1, Minus/utf16, Minus/utf8>> end, fun() -> <<1, A/utf8, 1:A>> end,
        fun() -> <<1, A/utf16, 1:Big>> end, fun() -> <<1, A:8, Minus/utf8>> end, fun() -> <<1, A:8, Empty:3/binary>> end,
        fun() -> <<1, A/float, Odd/binary>> end, fun() -> <<1, Empty:3/binary, A/binary>> end,
        fun() -> <<1, Odd/binary, 1:Minus>> end, fun() -> <<Odd/binary, A:8>> end, fun() -> <<Odd/binary, A/binary>> end,
        fun() -> <<Empty:3/binary, A:8>> end, fun() -> <<1.0:(id(17))/float, A/utf8>> end]].
