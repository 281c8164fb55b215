%% What cnode.c talks to.
-module(cnode).
-export([start/0]).

start() ->
    Self = self(),
    spawn(fun() -> register(cnode, self()), Self ! ready, loop() end),
    receive ready -> ok end.

loop() ->
    receive
        {From, echo} -> From ! {echoed, #{a => [1, 2]}, "text", 1.5, -1, 1 bsl 70, <<"bytes">>};
        {From, large} -> From ! binary:copy(<<"x">>, 300000);
        {From, to_name} -> {any, node(From)} ! {hello, by_name};
        {From, link} -> link(From), From ! linked;
        {From, unlink} -> unlink(From), From ! unlinked;
        {From, exit} -> true = exit(From, {because, "of that"})
    end,
    loop().
