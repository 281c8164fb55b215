%% Long built-in functions and collections: what they answer when other processes ask, kill and wait meanwhile.
-module(long_work).
-compile([export_all, nowarn_export_all]).

%% A process that holds a large heap and waits.
holder(Cells) ->
    Self = self(),
    {Pid, Monitor} = spawn_monitor(fun() -> hold(Self, lists:seq(1, Cells)) end),
    receive {Pid, ready} -> {Pid, Monitor} end.
hold(Owner, List) ->
    Owner ! {self(), ready},
    receive
        {ask, From} -> From ! {self(), length(List), lists:sum(List)}, hold(Owner, List);
        collect -> erlang:garbage_collect(), hold(Owner, List);
        stop -> length(List)
    end.
ask(Pid) -> Pid ! {ask, self()}, receive {Pid, Length, Sum} -> {Length, Sum} after 20000 -> none end.
down(Monitor) -> receive {'DOWN', Monitor, _, _, Reason} -> Reason after 20000 -> none end.

%% What it does once it has nothing to do.
status(Pid, 0) -> process_info(Pid, status);
status(Pid, N) ->
    case process_info(Pid, status) of
        {status, waiting} -> waiting;
        _ -> timer:sleep(5), status(Pid, N - 1)
    end.

collect_another_case() ->
    {Pid, _} = holder(600000),
    [erlang:garbage_collect(Pid), ask(Pid), status(Pid, 1000), erlang:garbage_collect(Pid, [{type, minor}]), ask(Pid)].

collect_dead_case() -> {Pid, Monitor} = holder(10), Pid ! stop, down(Monitor), erlang:garbage_collect(Pid).

kill_while_collected_case() ->
    {Pid, Monitor} = holder(600000),
    {async, r} = {erlang:garbage_collect(Pid, [{async, r}]), r},
    exit(Pid, kill),
    Reason = down(Monitor),
    {Reason, receive {garbage_collect, r, Answer} -> is_boolean(Answer) after 20000 -> none end}.

suspend_while_collected_case() ->
    {Pid, _} = holder(600000),
    async = erlang:garbage_collect(Pid, [{async, r}]),
    true = erlang:suspend_process(Pid),
    Status = process_info(Pid, status),
    true = erlang:resume_process(Pid),
    {Status, receive {garbage_collect, r, Answer} -> Answer after 20000 -> none end, ask(Pid)}.

kill_collecting_itself_case() ->
    [begin
         {Pid, Monitor} = holder(300000),
         [Pid ! collect || _ <- lists:seq(1, 20)],
         timer:sleep(N * 2),
         exit(Pid, kill),
         down(Monitor)
     end || N <- lists:seq(1, 10)].

messages_while_collecting_case() ->
    {Pid, _} = holder(600000),
    [Pid ! collect || _ <- lists:seq(1, 5)],
    [ask(Pid) || _ <- lists:seq(1, 5)].

exit_while_linked_and_collecting_case() ->
    process_flag(trap_exit, true),
    {Pid, Monitor} = holder(600000),
    link(Pid),
    [Pid ! collect || _ <- lists:seq(1, 5)],
    exit(Pid, shutdown),
    {down(Monitor), receive {'EXIT', Pid, Reason} -> Reason after 20000 -> none end}.

hibernate_large_case() ->
    Self = self(),
    Pid = spawn(fun() -> erlang:hibernate(?MODULE, hold, [Self, lists:seq(1, 600000)]) end),
    Pid ! {ask, self()},
    receive {Pid, ready} -> ok after 20000 -> none end,
    receive {Pid, Length, Sum} -> {Length, Sum} after 20000 -> none end.

hibernate_with_messages_case() ->
    Self = self(),
    Pid = spawn(fun() -> receive x -> erlang:hibernate(erlang, send, [Self, woke]) end end),
    Pid ! left,
    Pid ! x,
    receive woke -> woke after 5000 -> slept end.

%% Functions that give way in their middle, stopped anywhere.
killed_case() ->
    List = lists:seq(1, 400000),
    Binary = binary:copy(<<"abc">>, 300000),
    Map = maps:from_list([{N, N} || N <- lists:seq(1, 50000)]),
    Large = 1 bsl 200000 - 1,
    Works = [fun() -> erlang:phash2({List, Binary, Map}) end, fun() -> List ++ lists:reverse(List) end,
             fun() -> List -- lists:reverse(List) end, fun() -> iolist_to_binary([Binary, [Binary | <<"x">>]]) end,
             fun() -> iolist_size(lists:duplicate(1000, Binary)) end, fun() -> maps:merge(Map, #{a => 1}) end,
             fun() -> maps:from_list(maps:to_list(Map)) end, fun() -> Large * Large div (Large - 2) end,
             fun() -> binary_to_integer(integer_to_binary(Large)) end, fun() -> term_to_binary(List, [compressed]) end,
             fun() -> list_to_tuple(List) end, fun() -> length(List) end],
    [stopped(Work, N) || Work <- Works, N <- [0, 1, 3]].
stopped(Work, Milliseconds) ->
    {Pid, Monitor} = spawn_monitor(fun() -> forever(Work) end),
    timer:sleep(Milliseconds),
    [{status, _}, {current_function, {_, _, _}}] = process_info(Pid, [status, current_function]),
    exit(Pid, kill),
    down(Monitor).
forever(Work) -> Work(), forever(Work).

%% The same answers as where nobody disturbs.
values_case() ->
    List = lists:seq(1, 200000),
    Binary = binary:copy(<<"abc">>, 100000),
    Large = 1 bsl 100000 - 1,
    Deep = lists:foldl(fun(N, Rest) -> [N rem 256, Rest] end, [], List),
    [erlang:phash2(List), erlang:phash2(Deep), erlang:phash2({Binary, maps:from_list([{N, N} || N <- lists:seq(1, 9999)])}),
     erlang:phash2(List ++ lists:reverse(List)), erlang:phash2(List -- lists:seq(7, 200000, 7)),
     erlang:md5(iolist_to_binary(Deep)), iolist_size([Deep, Binary]), erlang:phash2(list_to_bitstring([Deep, <<5:3>>, Binary])),
     erlang:phash2(Large * (Large - 2) div (Large - 5)), erlang:phash2(Large * Large rem (Large - 77)),
     erlang:md5(integer_to_binary(Large)), binary_to_integer(integer_to_binary(Large)) =:= Large,
     list_to_integer(integer_to_list(-Large, 7), 7) =:= -Large, string:to_integer(integer_to_list(Large)) =:= {Large, []},
     binary_to_term(term_to_binary({List, Large, Binary}, [compressed])) =:= {List, Large, Binary},
     maps:size(maps:merge(maps:from_list([{N, a} || N <- lists:seq(1, 20000)]), maps:from_list([{N, b} || N <- lists:seq(15000, 40000)]))),
     tuple_size(list_to_tuple(List))].
