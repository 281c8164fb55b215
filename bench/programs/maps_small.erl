%% maps: small maps
-module(maps_small).
-export([run/0]).
run() -> loop(300000, #{a => 0, b => 1, c => 2, d => 3}).
loop(0, M) -> M;
loop(N, #{a := A, c := C} = M) -> loop(N - 1, M#{b := A, a := C + N}).
