%% What is sent to a node before there is a connection arrives, in order, also when nothing else goes there.
-module(first).
-export([main/1, meet/2]).

main(N) ->
    {Peer, Node} = cluster:start(N, ["-sname", peer:random_name(first), "-hidden"]),
    Large = binary:copy(<<"large">>, 200000),
    {_, Monitor} = cluster:peer(Peer, ?MODULE, meet, [self(), Large]),
    io:format("~p~n", [[case cluster:wait(10000) of Large -> large; M -> M end || _ <- lists:seq(1, 6)]]),
    io:format("~p~n", [case cluster:wait(10000) of {Monitor, Down} -> Down end]),
    true = lists:member(Node, nodes(hidden)),
    cluster:stop(Peer).

%% In a node without connections.
meet(To, Large) ->
    Self = self(),
    P = spawn(fun() ->
        Dead = monitor(process, {no_such_name, node(To)}),
        Self ! {self(), Dead},
        [To ! M || M <- [1, Large, 2, Large, Large, 3]],
        receive Down -> To ! {Dead, setelement(2, Down, reference)} end
    end),
    receive {P, Dead} -> {P, Dead} end.
