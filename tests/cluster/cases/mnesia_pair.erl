%% Mnesia on two nodes: tables in memory and on disc, transactions from both sides, a node that goes and comes back.
-module(mnesia_pair).
-export([main/1, directory/1, add/2, bump/3]).

-record(account, {name, owner, amount}).

main(N) ->
    Nodes = [node(), N],
    [ok = rpc:call(M, ?MODULE, directory, [true]) || M <- Nodes],
    ok = mnesia:create_schema(Nodes),
    {[ok, ok], []} = rpc:multicall(Nodes, mnesia, start, []),
    Attributes = {attributes, record_info(fields, account)},
    io:format("~p~n", [[mnesia:create_table(Table, [{record_name, account}, Attributes, {Copies, Nodes}])
                        || {Table, Copies} <- [{ram, ram_copies}, {disc, disc_copies}, {only, disc_only_copies}]]]),
    {atomic, ok} = mnesia:add_table_index(disc, owner),
    ok = mnesia:wait_for_tables([ram, disc, only], 10000),
    both_write(N),
    counters(N),
    refused(N),
    events(N),
    away(N),
    again(N),
    io:format("~p~n", [mnesia:delete_table(ram)]),
    [rpc:call(M, mnesia, stop, []) || M <- Nodes],
    [ok = rpc:call(M, ?MODULE, directory, [false]) || M <- Nodes].

directory(Fresh) ->
    Directory = filename:join(filename:dirname(code:which(?MODULE)), "mnesia." ++ atom_to_list(node())),
    application:load(mnesia),
    file:del_dir_r(Directory),
    application:set_env(mnesia, dir, Directory),
    Fresh orelse application:unload(mnesia),
    ok.

%% Both here and below, what is written is there on all nodes when it returns.
add(Table, Names) ->
    mnesia:sync_transaction(fun() ->
        [mnesia:write(Table, #account{name = Name, owner = node(), amount = 1}, write) || Name <- Names], length(Names)
    end).

both_write(N) ->
    io:format("~p~n", [[{Table, add(Table, lists:seq(1, 50)), rpc:call(N, ?MODULE, add, [Table, lists:seq(51, 100)])} || Table <- [ram, disc, only]]]),
    io:format("~p~n", [[[rpc:call(M, mnesia, table_info, [Table, size]) || M <- [node(), N]] || Table <- [ram, disc, only]]]),
    Owned = fun(Who) -> length(element(2, mnesia:transaction(fun() -> mnesia:index_read(disc, Who, #account.owner) end))) end,
    io:format("~p~n", [[Owned(node()), Owned(N)]]),
    io:format("~p~n", [rpc:call(N, mnesia, dirty_read, [only, 7]) =:= [#account{name = 7, owner = node(), amount = 1}]]),
    io:format("~p~n", [[rpc:call(N, mnesia, table_info, [disc, Item]) || Item <- [storage_type, index, local_content]]]).

bump(Table, Name, Times) ->
    [{atomic, ok} = mnesia:sync_transaction(fun() ->
        [A] = mnesia:read(Table, Name, write),
        mnesia:write(Table, A#account{amount = A#account.amount + 1}, write)
    end) || _ <- lists:seq(1, Times)],
    ok.

%% Two processes a node fight for one account.
counters(N) ->
    Pids = [spawn_monitor(M, ?MODULE, bump, [Table, 1, 10]) || M <- [node(), N], Table <- [ram, disc], _ <- [1, 2]],
    [receive {'DOWN', Monitor, process, P, Why} -> normal = Why end || {P, Monitor} <- Pids],
    io:format("~p~n", [[(hd(rpc:call(M, mnesia, dirty_read, [Table, 1])))#account.amount || M <- [node(), N], Table <- [ram, disc]]]).

refused(N) ->
    io:format("~p~n", [mnesia:transaction(fun() ->
        mnesia:write(ram, #account{name = never}, write),
        {aborted, inner} = mnesia:transaction(fun() -> mnesia:write(disc, #account{name = never}, write), mnesia:abort(inner) end),
        mnesia:abort(outer)
    end)]),
    io:format("~p~n", [[rpc:call(M, mnesia, dirty_read, [Table, never]) || M <- [node(), N], Table <- [ram, disc]]]),
    io:format("~p~n", [element(1, mnesia:transaction(fun() -> mnesia:read(no_such_table, 1) end))]),
    io:format("~p~n", [mnesia:sync_transaction(fun() -> mnesia:delete({only, 100}) end)]),
    io:format("~p~n", [rpc:call(N, mnesia, dirty_read, [only, 100])]).

events(N) ->
    {ok, _} = mnesia:subscribe({table, disc, simple}),
    {atomic, 1} = rpc:call(N, ?MODULE, add, [disc, [told]]),
    io:format("~p~n", [case cluster:wait(5000) of {mnesia_table_event, {What, Record, _}} -> {What, element(2, Record), element(3, Record) =:= N} end]),
    mnesia:unsubscribe({table, disc, simple}).

%% N stops, misses something, and learns of it when it is back.
away(N) ->
    {ok, _} = mnesia:subscribe(system),
    stopped = rpc:call(N, mnesia, stop, []),
    io:format("~p~n", [case cluster:wait(5000) of {mnesia_system_event, {mnesia_down, M}} -> M =:= N end]),
    {atomic, 2} = add(disc, [one, two]),
    {atomic, 1} = add(ram, [three]),
    ok = rpc:call(N, mnesia, start, []),
    io:format("~p~n", [case cluster:wait(5000) of {mnesia_system_event, {mnesia_up, Back}} -> Back =:= N end]),
    mnesia:unsubscribe(system),
    io:format("~p~n", [rpc:call(N, mnesia, wait_for_tables, [[ram, disc, only], 10000])]),
    io:format("~p~n", [[rpc:call(N, mnesia, table_info, [Table, size]) || Table <- [ram, disc, only]]]),
    io:format("~p~n", [length(rpc:call(N, mnesia, dirty_read, [ram, three]))]).

%% Both stop and start: what was on disc is there.
again(N) ->
    Nodes = [node(), N],
    stopped = mnesia:stop(),
    stopped = rpc:call(N, mnesia, stop, []),
    {[ok, ok], []} = rpc:multicall(Nodes, mnesia, start, []),
    {[ok, ok], []} = rpc:multicall(Nodes, mnesia, wait_for_tables, [[ram, disc, only], 10000]),
    io:format("~p~n", [[[rpc:call(M, mnesia, table_info, [Table, size]) || M <- Nodes] || Table <- [ram, disc, only]]]),
    io:format("~p~n", [[(hd(mnesia:dirty_read(disc, 1)))#account.amount, mnesia:dirty_read(ram, 1)]]),
    io:format("~p~n", [mnesia:change_table_copy_type(disc, N, ram_copies)]),
    io:format("~p~n", [rpc:call(N, mnesia, table_info, [disc, storage_type])]).
