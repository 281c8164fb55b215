%% Options of sockets: every one, with good and bad values, of every kind of socket.
-module(socket_options).
-compile([export_all, nowarn_export_all]).
-import(sockets, [loopback/1, pair/0, form/1]).

vals({socket,linger}) -> [#{onoff=>true,linger=>5},#{onoff=>true},#{onoff=>false,linger=>-1},#{onoff=>1,linger=>1},x, #{onoff=>true,linger=>5,x=>1},#{onoff=>false,linger=>0},abort,{true,1}];
vals({socket,bindtodevice}) -> ["lo","nonexist","","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",<<"lo">>,lo];
vals({tcp,congestion}) -> ["reno","bbr","cubic","nonexist","","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",<<"lo">>,lo];
vals({ip,O}) when O=:=add_membership;O=:=drop_membership -> [#{multiaddr=>{224,1,1,1},interface=>any},#{multiaddr=>{224,1,1,1},interface=>{127,0,0,1}},#{multiaddr=>{224,1,1,1}},#{interface=>any},x,#{multiaddr=>{1,1,1,1},interface=>any},#{multiaddr=>loopback,interface=>loopback},#{multiaddr=>{1,1,1,300},interface=>any},#{multiaddr=>{224,1,1,1},interface=>1}];
vals({ip,O}) when O=:=add_source_membership;O=:=drop_source_membership;O=:=block_source;O=:=unblock_source -> [#{multiaddr=>{232,1,1,1},interface=>{127,0,0,1},sourceaddr=>{127,0,0,1}},#{multiaddr=>{232,1,1,1},interface=>any},x];
vals({ip,msfilter}) -> [null,x,#{multiaddr=>{224,1,1,1},interface=>{127,0,0,1},mode=>include,slist=>[]},#{multiaddr=>{224,1,1,1},interface=>{127,0,0,1},mode=>exclude,slist=>[{1,2,3,4}]},#{multiaddr=>{224,1,1,1},interface=>{127,0,0,1},mode=>foo,slist=>[]},#{multiaddr=>{224,1,1,1},interface=>{127,0,0,1},mode=>include,slist=>[x]}];
vals({ip,multicast_if}) -> [any,loopback,{127,0,0,1},{1,2,3,4},x,1,#{}];
vals({ip,mtu_discover}) -> [want,dont,do,probe,1,x,99,interface];
vals({ipv6,mtu_discover}) -> [want,dont,do,probe,1,x,99,interface];
vals({ip,tos}) -> [lowdelay,throughput,reliability,mincost,4,x,-1,1000,16#10];
vals({ipv6,O}) when O=:=add_membership;O=:=drop_membership -> [#{multiaddr=>{16#ff02,0,0,0,0,0,0,5},interface=>1},#{multiaddr=>{16#ff02,0,0,0,0,0,0,5},interface=>0},#{multiaddr=>{16#ff02,0,0,0,0,0,0,5}},#{multiaddr=>loopback,interface=>1},x,#{multiaddr=>{16#ff02,0,0,0,0,0,0,5},interface=>-1}];
vals({ipv6,addrform}) -> [inet,inet6,unspec,packet,2,x];
vals({ipv6,O}) when O=:=multicast_hops;O=:=unicast_hops -> [default,5,-1,256,x,-2];
vals({sctp,_}) -> [x,#{}];
vals(_) -> [true,false,1,0,77,-1,x,1 bsl 31,1 bsl 40,<<1,0,0,0>>,"lo",#{},[]].

names() -> lists:sort([K || {{L, _} = K, V} <- maps:to_list(prim_socket:p_get(options)), V =/= undefined, lists:member(L, [socket, ip, ipv6, tcp, udp])]).
all(D, T, P) ->
    {ok, S} = socket:open(D, T, P), Get = [{K, socket:getopt(S, K)} || K <- names()], socket:close(S),
    Set = [begin {ok, X} = socket:open(D, T, P), R = {K, V, form(catch socket:setopt(X, K, V)), form(catch socket:getopt(X, K))}, socket:close(X), R end || K <- names(), V <- vals(K)], {Get, Set}.

tcp_case() -> all(inet, stream, tcp).
tcp6_case() -> all(inet6, stream, tcp).
udp_case() -> all(inet, dgram, udp).
udp6_case() -> all(inet6, dgram, udp).
local_case() -> all(local, stream, 0).
local_datagram_case() -> all(local, dgram, 0).
seqpacket_case() -> all(local, seqpacket, 0).
connected_case() -> {C, S} = pair(), [{K, socket:getopt(S, K)} || K <- names(), not lists:member(element(2, K), [mtu, maxseg, sndbuf, rcvbuf])] ++ [element(1, socket:getopt(C, tcp, maxseg)), element(1, socket:getopt(C, ip, mtu)), element(1, socket:getopt(C, socket, sndbuf))].
otp_case() ->
    {C, _} = pair(), [{O, V, form(catch socket:setopt(C, otp, O, V)), case O of fd -> fd; _ -> form(catch socket:getopt(C, otp, O)) end} || O <- [iow, rcvbuf, rcvctrlbuf, sndctrlbuf, fd, meta, use_registry, domain, type, protocol, foo], V <- [true, false, x, 1, 0, -1, default, {2, 100}, {0, 1}, {1, 0}, {x, 1}, {default, 100}, {2, default}, 1 bsl 40, <<>>]].
otp_domain_case() -> [begin {ok, S} = socket:open(D, stream), socket:getopt(S, otp, domain) end || D <- [inet, inet6, local]].
native_case() ->
    {C, _} = pair(), [{K, V, form(catch socket:setopt_native(C, K, V))} || K <- [{socket, 9}, {socket, 99}, {0, 2}, {ip, 2}, {ip, ttl}, {socket, linger}, {otp, debug}, {foo, 1}, {socket, foo}, foo], V <- [1, true, false, <<1, 0, 0, 0>>, <<>>, x, 1 bsl 40]] ++
    [{K, V, form(catch socket:getopt_native(C, K, V))} || K <- [{socket, 9}, {socket, 99}, {0, 2}, {ip, 2}, {ip, ttl}, {socket, linger}, {otp, debug}, {foo, 1}], V <- [integer, boolean, 0, 3, 4, 8, <<1, 2, 3, 4>>, x, -1, 1 bsl 40]].
levels_case() -> {C, _} = pair(), [form(catch F()) || F <- [fun() -> socket:getopt(C, socket, {9, integer}) end, fun() -> socket:setopt(C, socket, 9, <<1:32/native>>) end, fun() -> socket:getopt(C, socket, keepalive) end, fun() -> socket:getopt(C, foo, bar) end, fun() -> socket:getopt(C, 'TCP', nodelay) end, fun() -> socket:getopt(C, tcp, info) end, fun() -> socket:setopt(C, tcp, info, 1) end, fun() -> socket:getopt(C, x) end, fun() -> socket:getopt(foo, tcp, nodelay) end]].
priority_case() -> {C, _} = pair(), [socket:setopt(C, ip, tos, lowdelay), socket:getopt(C, socket, priority), socket:setopt(C, socket, priority, 3), socket:setopt(C, ip, tos, throughput), socket:getopt(C, socket, priority), socket:setopt_native(C, {ip, 1}, 4), socket:getopt(C, socket, priority), socket:getopt(C, ip, tos)].
owner_case() -> logger:set_primary_config(level, none), {C, _} = pair(), [socket:setopt(C, otp, controlling_process, self()), socket:getopt(C, otp, controlling_process) =:= {ok, self()}].
effects_case() ->
    {ok, L} = socket:open(inet, stream), ok = socket:setopt(L, otp, rcvbuf, {3, 100}), ok = socket:setopt(L, otp, rcvctrlbuf, 50), ok = socket:bind(L, loopback(0)), ok = socket:listen(L), {ok, A} = socket:sockname(L), {ok, C} = socket:open(inet, stream), ok = socket:connect(C, A), {ok, S} = socket:accept(L),
    [socket:getopt(S, otp, rcvbuf), socket:getopt(S, otp, rcvctrlbuf), socket:getopt(L, socket, acceptconn), socket:getopt(S, otp, meta)].
