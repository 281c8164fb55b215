%% Large messages in fragments, beside small ones; many senders; a receiver that is slow.
-module(large).
-export([main/1, sink/3, sender/3]).

main(N) ->
    P = spawn(N, cluster, echo, []),
    [begin
         B = crypto_like(Size),
         P ! {self(), B},
         io:format("~p ~p~n", [Size, receive {P, Back} -> Back =:= B after 20000 -> none end])
     end || Size <- [65000, 65535, 65536, 65537, 131072, 200000, 1000000, 5000000]],
    L = [{I, integer_to_binary(I), self()} || I <- lists:seq(1, 60000)],
    P ! {self(), L},
    io:format("~p~n", [receive {P, Back} -> Back =:= L after 20000 -> none end]),
    interleaved(N),
    senders(N),
    P ! stop.

crypto_like(Size) -> << <<(I * 7 rem 251)>> || I <- lists:seq(1, Size) >>.

%% The order of one sender's large and small messages.
interleaved(N) ->
    S = spawn(N, ?MODULE, sink, [self(), 200, []]),
    Big = binary:copy(<<"large">>, 50000),
    [S ! {I, case I rem 10 of 0 -> Big; _ -> small end} || I <- lists:seq(1, 200)],
    io:format("~p~n", [receive {S, Got} -> Got =:= lists:seq(1, 200) after 30000 -> none end]).

sink(To, 0, Got) -> To ! {self(), lists:reverse(Got)};
sink(To, K, Got) -> receive {I, _} -> sink(To, K - 1, [I | Got]) end.

sender(_, _, 0) -> ok;
sender(To, Data, K) -> To ! {self(), K, Data}, sender(To, Data, K - 1).

senders(N) ->
    Self = self(),
    Data = binary:copy(<<"data">>, 40000),
    Ps = [spawn(N, ?MODULE, sender, [Self, Data, 30]) || _ <- lists:seq(1, 10)],
    Sums = [[receive {P, K, D} when D =:= Data -> K after 30000 -> none end || _ <- lists:seq(1, 30)] || P <- Ps],
    io:format("~p~n", [lists:usort(Sums) =:= [lists:seq(30, 1, -1)]]).
