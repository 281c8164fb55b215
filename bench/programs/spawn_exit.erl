%% process: spawn and exit
-module(spawn_exit).
-export([run/0]).
run() -> loop(100000).
loop(0) -> ok;
loop(N) -> {P, R} = spawn_monitor(fun() -> ok end), receive {'DOWN', R, process, P, normal} -> loop(N - 1) end.
