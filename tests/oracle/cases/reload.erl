%% Literals and persistent terms that come and go while processes hold on to them.
-module(reload).
-compile([export_all, nowarn_export_all]).

make(Name, Lines) ->
    Forms = [begin {ok, T, _} = erl_scan:string(L), {ok, F} = erl_parse:parse_form(T), F end
             || L <- ["-module(" ++ atom_to_list(Name) ++ ").", "-compile(export_all)." | Lines]],
    {ok, Name, Binary} = compile:forms(Forms, []),
    Binary.

versions() ->
    list_to_tuple([make(reload_a, ["f() -> {lit, " ++ integer_to_list(N) ++ ", [1, 2, 3 | <<\"some binary\">>], #{a => \"text\", b => {x, y}}}."])
                   || N <- lists:seq(1, 8)]).

reload_case() ->
    Versions = versions(),
    {module, reload_a} = code:load_binary(reload_a, "", element(1, Versions)),
    Self = self(),
    Workers = [spawn_link(fun() -> worker(Self, [], 0) end) || _ <- lists:seq(1, 4)],
    reload(Versions, 60),
    [W ! stop || W <- Workers],
    [receive {done, W, N} -> N > 0 end || W <- Workers].

reload(_, 0) -> ok;
reload(Versions, N) ->
    purge(reload_a),
    {module, reload_a} = code:load_binary(reload_a, "", element(N rem tuple_size(Versions) + 1, Versions)),
    persistent_term:put({?MODULE, N rem 5}, {value, N, reload_a:f()}),
    N rem 7 =:= 0 andalso persistent_term:erase({?MODULE, N rem 3}),
    reload(Versions, N - 1).

%% Not code:purge/1: that kills a process which is about to return from the old code.
purge(Name) -> code:soft_purge(Name) orelse begin erlang:yield(), purge(Name) end.

%% Keeps what it got on its heap, and in messages to itself that wait for a while.
worker(Parent, Kept, N) ->
    Literal = (catch reload_a:f()),
    Value = persistent_term:get({?MODULE, N rem 5}, none),
    Keep = lists:sublist([Literal, Value | Kept], 20),
    lists:foreach(fun check/1, Keep),
    self() ! {kept, N, Value, Literal},
    receive
        stop -> Parent ! {done, self(), N};
        {kept, M, V, L} when N - M > 10 -> check(V), check(L), worker(Parent, Keep, N + 1)
    after 0 -> worker(Parent, Keep, N + 1)
    end.

check({lit, N, [1, 2, 3 | <<"some binary">>], #{a := "text", b := {x, y}}}) when is_integer(N) -> ok;
check({value, _, Literal}) -> check(Literal);
check(none) -> ok;
check({'EXIT', {undef, _}}) -> ok.

%% Whoever finds a module loaded may call it: error_handler does, in as many processes as call it first.
loaded_is_callable_case() ->
    Names = [list_to_atom("f" ++ integer_to_list(N)) || N <- lists:seq(1, 400)],
    Binary = make(reload_b, [atom_to_list(Name) ++ "() -> ok." || Name <- Names]),
    lists:usort(lists:append([first_callers(Binary, Names) || _ <- lists:seq(1, 40)])).

first_callers(Binary, Names) ->
    Callers = [spawn_monitor(fun() -> exit(missing_when_loaded(Order)) end) || Order <- [Names, lists:reverse(Names)]],
    {module, reload_b} = code:load_binary(reload_b, "", Binary),
    Missing = [receive {'DOWN', Monitor, process, Caller, Reason} -> Reason end || {Caller, Monitor} <- Callers],
    true = code:delete(reload_b),
    code:purge(reload_b),
    Missing.

missing_when_loaded(Names) ->
    case erlang:module_loaded(reload_b) of
        true -> [Name || Name <- Names, not erlang:function_exported(reload_b, Name, 0)];
        false -> missing_when_loaded(Names)
    end.

%% Who is in a function of a module finds the module loaded, also when its other functions come to be a little later.
first_call_case() ->
    Names = [list_to_atom("f" ++ integer_to_list(N)) || N <- lists:seq(1, 400)],
    Binary = make(reload_d, [atom_to_list(Name) ++ "() -> module_info(module)." || Name <- Names]),
    lists:usort(lists:append([first_calls(Binary, [hd(Names), lists:nth(200, Names), lists:last(Names)]) || _ <- lists:seq(1, 100)])).

first_calls(Binary, Names) ->
    Callers = [spawn_monitor(fun() -> exit(call_when_exported(Name)) end) || Name <- Names],
    {module, reload_d} = code:load_binary(reload_d, "", Binary),
    Results = [receive {'DOWN', Monitor, process, Caller, Reason} -> Reason end || {Caller, Monitor} <- Callers],
    true = code:delete(reload_d),
    code:purge(reload_d),
    Results.

call_when_exported(Name) ->
    case erlang:function_exported(reload_d, Name, 0) of
        true -> reload_d:Name();
        false -> call_when_exported(Name)
    end.

%% Who has called a function of the new version never again comes to one of the old version by a call of its name.
all_at_once_case() ->
    Names = [list_to_atom("f" ++ integer_to_list(N)) || N <- lists:seq(1, 400)],
    Binary = make(reload_e, [atom_to_list(Name) ++ "() -> version_000." || Name <- Names]),
    [First | Others] = [binary:replace(Binary, <<"version_000">>, version(N)) || N <- lists:seq(1, 400)],
    {module, reload_e} = code:load_binary(reload_e, "", First),
    Orders = [[hd(Names), lists:last(Names)], [lists:nth(100, Names), lists:nth(300, Names)], [lists:nth(390, Names), lists:nth(10, Names)]],
    Last = binary_to_atom(version(400)),
    Callers = [spawn_monitor(fun() -> exit(versions_seen(Order, version_000, Last)) end) || Order <- Orders],
    [begin purge(reload_e), {module, reload_e} = code:load_binary(reload_e, "", Other) end || Other <- Others],
    [receive {'DOWN', Monitor, process, Caller, Reason} -> Reason end || {Caller, Monitor} <- Callers].

version(N) -> iolist_to_binary(io_lib:format("version_~3..0w", [N])).

versions_seen(Order, Seen, Last) ->
    Versions = [reload_e:Name() || Name <- Order],
    case lists:sort(Versions) of
        Versions when hd(Versions) < Seen -> {old_after, Seen, Versions};
        Versions when hd(Versions) =:= Last -> always_newer;
        Versions -> versions_seen(Order, lists:last(Versions), Last);
        _ -> {old_after_new, Versions}
    end.

%% The messages of timers outlive the modules whose literals they were made of.
kept_by_timers_case() ->
    Self = self(),
    Kinds = [{send_after, sent}, {start_timer, timeout}],
    [start_and_purge(Self, Kind, N) || N <- lists:seq(1, 10), Kind <- Kinds],
    use_room(),
    [receive
         {Name, N, _} = Message -> Message;
         {Name, Timer, {Name, N, _} = Message} when is_reference(Timer) -> Message
     after 5000 -> exit({none, Name, N})
     end || N <- lists:seq(1, 10), {_, Name} <- Kinds].

%% Other literals come to lie where those of purged modules were, which are collected some time after the purge.
use_room() ->
    timer:sleep(200),
    Keys = [{?MODULE, room, N} || N <- lists:seq(1, 200)],
    [persistent_term:put(Key, {"something else", [1, 2, 3], Key}) || Key <- Keys],
    [persistent_term:erase(Key) || Key <- Keys].

start_and_purge(To, {Function, Name}, N) ->
    Text = lists:flatten(io_lib:format("{~w, ~w, [{~w, \"text\"}, #{a => b, ~w => \"string\"}]}", [Name, N, N, N])),
    Binary = make(reload_c, ["f(To) -> erlang:" ++ atom_to_list(Function) ++ "(1000, To, " ++ Text ++ ")."]),
    {module, reload_c} = code:load_binary(reload_c, "", Binary),
    {Starter, Monitor} = spawn_monitor(fun() -> reload_c:f(To) end),
    receive {'DOWN', Monitor, process, Starter, normal} -> ok end,
    true = code:delete(reload_c),
    code:purge(reload_c).

persistent_case() ->
    K = {?MODULE, key},
    Put = [persistent_term:put(K, V) || V <- [1, [a], #{x => <<"y">>}, #{x => <<"y">>}]],
    Held = persistent_term:get(K),
    Erased = [persistent_term:erase(K), persistent_term:erase(K)],
    garbage_collect(),
    [Put, Held, Erased, persistent_term:get(K, gone), catch_(fun() -> persistent_term:get(K) end)].

persistent_many_case() ->
    [persistent_term:put({?MODULE, many, N}, {N, lists:seq(1, N rem 10)}) || N <- lists:seq(1, 500)],
    Sum = lists:sum([element(1, persistent_term:get({?MODULE, many, N})) || N <- lists:seq(1, 500)]),
    Listed = length([N || {{?MODULE, many, N}, _} <- persistent_term:get()]),
    [persistent_term:erase({?MODULE, many, N}) || N <- lists:seq(1, 500)],
    [Sum, Listed, length([N || {{?MODULE, many, N}, _} <- persistent_term:get()])].

catch_(F) -> try F() catch C:R -> {C, R} end.

%% What is erased is freed as fast as a program erases, also where what stays lies between.
erased_is_freed_case() ->
    Keys = lists:seq(1, 200),
    [persistent_term:put({erased, K}, {K, lists:seq(1, 50)}) || K <- Keys],
    Self = self(),
    Holders = [spawn(fun() -> hold_every(N, Keys, Self) end) || N <- lists:seq(2, 6)],
    [receive {ready, Holder} -> ok end || Holder <- Holders],
    Before = erlang:memory(total),
    [persistent_term:erase({erased, K}) || K <- Keys, K rem 5 < 2],
    [begin persistent_term:put({erased, large}, lists:seq(N, 1000 + N)), persistent_term:erase({erased, large}) end
     || N <- lists:seq(1, 4000)],
    wait_for_memory(Before + (16 bsl 20)),
    [Holder ! go || Holder <- Holders],
    Held = [receive {Holder, Values} -> erlang:phash2(Values) end || Holder <- Holders],
    Kept = [persistent_term:get({erased, K}, gone) || K <- Keys],
    [persistent_term:erase({erased, K}) || K <- Keys],
    [Held, erlang:phash2(Kept), length([gone || gone <- Kept])].

hold_every(N, Keys, Parent) ->
    Values = [persistent_term:get({erased, K}) || K <- Keys, K rem N =:= 0],
    Parent ! {ready, self()},
    receive go -> Parent ! {self(), Values} end.

wait_for_memory(Bytes) ->
    case erlang:memory(total) < Bytes of
        true -> ok;
        false -> timer:sleep(20), wait_for_memory(Bytes)
    end.
