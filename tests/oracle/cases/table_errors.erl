%% The causes that failing functions of ets give to the shell, and owners, heirs, fixing.
-module(table_errors).
-compile([export_all, nowarn_export_all]).

%% The cause is in the error_info of the function that failed.
try_(F) ->
    try F()
    catch
        error:Reason:Stack ->
            [{_, Name, _, Info} | _] = Stack,
            {Name, Reason, maps:get(cause, proplists:get_value(error_info, Info, #{}), none)}
    end.
all(Calls) -> [try_(fun() -> apply(ets, Name, Arguments) end) || {Name, Arguments} <- Calls].

identifier_case() ->
    all([{Name, [Table | Rest]} || Table <- [no_such_table, 1, "a", make_ref()],
                                   {Name, Rest} <- [{insert, [{a}]}, {insert, [foo]}, {lookup, [a]}, {delete, []}, {first, []}, {info, []}, {info, [size]},
                                                    {select, [foo]}, {match, [a]}, {rename, ["a"]}, {safe_fixtable, [x]}, {slot, [x]},
                                                    {update_counter, [a, 1]}, {update_element, [a, foo]}, {setopts, [{heir, none}]}]]).
access_case() ->
    Self = self(),
    Private = ets:new(private, [private]), Protected = ets:new(protected, [protected]), Public = ets:new(public, [public]),
    {_, Monitor} = spawn_monitor(fun() ->
        Self ! all([{Name, [Table | Rest]} || Table <- [Private, Protected, Public],
                                              {Name, Rest} <- [{insert, [{a}]}, {lookup, [a]}, {insert, [foo]}, {member, [a]}, {select, [[{'_', [], ['$_']}]]},
                                                               {safe_fixtable, [true]}, {setopts, [{heir, none}]}, {give_away, [self(), x]},
                                                               {give_away, [foo, x]}, {info, [size]}, {update_counter, [a, 1]}]])
    end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    receive Results when is_list(Results) -> Results end.
new_case() ->
    ets:new(taken, [named_table]),
    [case Result of Table when is_reference(Table) -> table; _ -> Result end || Result <-
     all([{new, [Name, Options]} || {Name, Options} <- [{taken, [named_table]}, {"a", []}, {a, b}, {a, [x]}, {a, [{keypos, 0}]}, {a, [{keypos, 1 bsl 62}]},
         {a, [set, bag]}, {a, [{heir, none}]}, {a, [{heir, none, x}]}, {a, [{heir, a, x}]}, {a, [{write_concurrency, x}]}, {a, [set | x]}]])].
options_case() ->
    [begin
         T = ets:new(t, Options),
         [ets:info(T, Item) || Item <- [write_concurrency, read_concurrency, decentralized_counters, compressed, protection, type, keypos, heir]]
     end || Options <- [[], [{write_concurrency, true}], [{write_concurrency, auto}], [private, {write_concurrency, true}],
                        [ordered_set, {write_concurrency, true}], [ordered_set, {write_concurrency, auto}, {decentralized_counters, false}],
                        [{decentralized_counters, true}], [compressed, {read_concurrency, true}, {keypos, 3}],
                        [{write_concurrency, true}, {write_concurrency, false}]]].
objects_case() ->
    T = ets:new(t, [{keypos, 2}]),
    ets:insert(T, {1, k, 3}),
    all([{Name, [T | Rest]} || {Name, Rest} <- [{insert, [{a}]}, {insert, [{}]}, {insert, [[{a, b}, {c}]]}, {insert, [[{a, b} | c]]}, {insert, [[[{a, b}]]]},
        {insert_new, [{a}]}, {insert, [[]]}, {insert_new, [[]]}, {delete_object, [{a}]}, {delete_object, [x]}, {lookup_element, [k, 1]},
        {lookup_element, [k, 4]}, {lookup_element, [k, 0]}, {lookup_element, [k, x]}, {lookup_element, [z, 1]}, {next, [z]}, {slot, [-1]}, {slot, [10000]}]]).
update_case() ->
    T = ets:new(t, []),
    ets:insert(T, {k, 1, a}),
    Operations = [1, {2, 1}, {3, 1}, {1, 1}, {4, 1}, {0, 1}, {-1, 1}, {2, x}, {2, 1, 2}, {2, 1, a, b}, foo, [], [{2, 1} | x], [{2, 1}, 1], [{2, 1}, {4, 1}],
                  {2, 5, 3, 0}, {2, -9, -3, 7}, {2, 1.0}, {2, 1 bsl 80}, [{2, -(1 bsl 80)}, {2, 1}], {1 bsl 70, 1}],
    [all([{update_counter, [T, k, O]} || O <- Operations]), all([{update_counter, [T, z, 1]},
        {update_counter, [T, z, 1, foo]}, {update_counter, [T, z, 1, {q, 5}]}]),
     all([{update_element, [T, Key, E]} || Key <- [k, y], E <- [{2, x}, [{2, y}, {3, z}], {1, y}, {5, y}, [], foo, {0, x}, {x, x}, [{2, x} | a], [{2, v}, {9, b}]]]),
     lists:sort(ets:tab2list(T))].
continuation_case() ->
    T = ets:new(t, []),
    all([{Name, [C]} || Name <- [select, match, match_object, select_reverse], C <- [x, {}, {1, 2, 3}, {T, 1, 2, 3, 4, 5}, {T, 1}, '$end_of_table']]).
limits_case() ->
    T = ets:new(t, []),
    all([{select, [T, M, L]} || {M, L} <- [{[{'_', [], ['$_']}], 0}, {[{'_', [], ['$_']}], x}, {[{'_', [], ['$_']}], 1 bsl 70}, {x, 1}, {[{'_', [], ['$_']}], 1}]]).

heir_case() ->
    Self = self(),
    {Owner, Monitor} = spawn_monitor(fun() -> ets:insert(ets:new(inherited, [{heir, Self, {some, data}}, named_table]), {a}) end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    receive {'ETS-TRANSFER', inherited, Owner, Data} -> [Data, ets:tab2list(inherited), ets:info(inherited, owner) =:= Self] end.
give_away_case() ->
    T = ets:new(given, [named_table]),
    {New, Monitor} = spawn_monitor(fun() -> receive {'ETS-TRANSFER', given, From, Gift} -> exit({From, Gift, ets:insert(given, {b})}) end end),
    ets:give_away(T, New, gift),
    receive {'DOWN', Monitor, _, _, {From, Gift, true}} -> [From =:= self(), Gift, ets:info(given)] end.
fixed_case() ->
    T = ets:new(t, [public]),
    ets:insert(T, [{N, N} || N <- lists:seq(1, 500)]),
    {_, Monitor} = spawn_monitor(fun() -> ets:safe_fixtable(T, true), ets:safe_fixtable(T, true) end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    Unfixed = ets:info(T, safe_fixed),
    ets:safe_fixtable(T, true),
    Walk = fun Walk('$end_of_table', N) -> N; Walk(Key, N) -> ets:delete(T, Key), Walk(ets:next(T, Key), N + 1) end,
    Visited = Walk(ets:first(T), 0),
    {_, [{Pid, Count}]} = ets:info(T, safe_fixed),
    ets:insert(T, {1, again}),
    Results = [Unfixed, Visited, Pid =:= self(), Count, ets:tab2list(T), ets:info(T, fixed), ets:safe_fixtable(T, false), ets:info(T, fixed)],
    Results ++ [ets:tab2list(T), ets:safe_fixtable(T, false)].
named_case() ->
    ets:new(first, [named_table]), ets:new(second, [named_table]), Plain = ets:new(plain, []),
    all([{rename, [first, third]}, {rename, [third, second]}, {rename, [third, "x"]}, {whereis, [first]}, {whereis, ["a"]}, {info, [third, name]}, {delete, [third]},
         {info, [third]}]) ++ [ets:rename(Plain, other) =:= Plain, ets:info(Plain, name), ets:info(ets:whereis(second), name)].
bag_order_case() ->
    [begin
         T = ets:new(t, [Type]),
         [ets:insert(T, {k, N}) || N <- [3, 1, 2, 1]],
         ets:insert(T, [{k, N} || N <- [a, b, c]]),
         Before = ets:lookup(T, k),
         ets:delete_object(T, {k, 1}),
         {Before, ets:lookup_element(T, k, 2), ets:take(T, k), ets:tab2list(T)}
     end || Type <- [bag, duplicate_bag]].
