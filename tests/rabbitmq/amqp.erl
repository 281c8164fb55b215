%% What a client does at a broker. Queues are durable, messages persistent and numbered.
-module(amqp).
-include_lib("amqp_client/include/amqp_client.hrl").
-export([publish/1, consume/1]).

%% All are confirmed, or the program ends with an error.
publish([Port, Type, Count]) ->
    with_channel(Port, fun(Channel) ->
        #'queue.declare_ok'{} = amqp_channel:call(Channel, queue(Type)),
        #'confirm.select_ok'{} = amqp_channel:call(Channel, #'confirm.select'{}),
        Publish = #'basic.publish'{routing_key = list_to_binary(Type)},
        [ok = amqp_channel:call(Channel, Publish, message(N)) || N <- numbers(Count)],
        true = amqp_channel:wait_for_confirms(Channel, 120),
        io:format("~s: ~s confirmed~n", [Type, Count])
    end).

%% All of them are there, in their order, and nothing else is.
consume([Port, Type, Count]) ->
    with_channel(Port, fun(Channel) ->
        Numbers = numbers(Count),
        #'basic.qos_ok'{} = amqp_channel:call(Channel, #'basic.qos'{prefetch_count = 100}),
        #'basic.consume_ok'{consumer_tag = Tag} = amqp_channel:call(Channel, #'basic.consume'{queue = list_to_binary(Type)}),
        Numbers = [next(Channel) || _ <- Numbers],
        #'basic.cancel_ok'{} = amqp_channel:call(Channel, #'basic.cancel'{consumer_tag = Tag}),
        #'queue.declare_ok'{message_count = 0} = amqp_channel:call(Channel, (queue(Type))#'queue.declare'{passive = true}),
        io:format("~s: ~s consumed~n", [Type, Count])
    end).

with_channel(Port, Do) ->
    logger:set_primary_config(level, none),
    try
        {ok, Connection} = amqp_connection:start(#amqp_params_network{host = "localhost", port = list_to_integer(Port)}),
        {ok, Channel} = amqp_connection:open_channel(Connection),
        Do(Channel),
        amqp_connection:close(Connection)
    of _ -> halt(0)
    catch Class:Reason:Trace ->
        io:format("~p~n", [{Class, Reason, Trace}]),
        halt(1)
    end.

queue(Type) ->
    #'queue.declare'{queue = list_to_binary(Type), durable = true, arguments = [{<<"x-queue-type">>, longstr, list_to_binary(Type)}]}.

message(N) ->
    #amqp_msg{props = #'P_basic'{delivery_mode = 2}, payload = <<N:32, (binary:copy(<<N>>, N rem 3000))/binary>>}.

numbers(Count) -> lists:seq(1, list_to_integer(Count)).

next(Channel) ->
    receive
        {#'basic.deliver'{delivery_tag = Delivery}, Message = #amqp_msg{payload = <<N:32, _/binary>>}} ->
            Message = Message#amqp_msg{payload = (message(N))#amqp_msg.payload},
            amqp_channel:cast(Channel, #'basic.ack'{delivery_tag = Delivery}),
            N
    after 60000 -> exit(no_more_messages)
    end.
