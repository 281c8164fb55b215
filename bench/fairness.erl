%% How long a process waits for its slice beside four busy ones, on one scheduler. Prints the worst wait of each of some
%% periods, in microseconds.
-module(fairness).
-export([main/0]).

-define(PERIODS, 7).
-define(PERIOD, 300). % milliseconds

main() ->
    Busy = [spawn(fun() -> repeat(Work) end) || Work <- works()],
    timer:sleep(300),
    Waits = [worst_wait() || _ <- lists:seq(1, ?PERIODS)],
    [exit(Pid, kill) || Pid <- Busy],
    io:format("~s~n", [lists:join(" ", [integer_to_list(Wait) || Wait <- Waits])]),
    halt(0).

worst_wait() ->
    Now = erlang:monotonic_time(microsecond),
    worst_wait(Now, Now + ?PERIOD * 1000, 0).

worst_wait(Last, End, Worst) ->
    erlang:yield(),
    case erlang:monotonic_time(microsecond) of
        Now when Now >= End -> max(Worst, Now - Last);
        Now -> worst_wait(Now, End, max(Worst, Now - Last))
    end.

%% Calls, collections of much that lives, long built-in functions over lists and binaries, large integers.
works() ->
    Numbers = lists:seq(1, 200000),
    Binary = binary:copy(<<"abcdefgh">>, 200000),
    Large = 1 bsl 300000 - 1,
    [fun() -> fib(20) end,
     fun() -> lists:sort([N * 7919 rem 10007 || N <- Numbers]) end,
     fun() ->
         erlang:phash2(Numbers),
         length(Numbers ++ lists:reverse(Numbers)),
         binary:matches(Binary, <<"h">>),
         iolist_to_binary([Binary, [Binary]])
     end,
     fun() -> Large * (Large - 1) div (Large - 2) end].

repeat(Work) ->
    Work(),
    repeat(Work).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
