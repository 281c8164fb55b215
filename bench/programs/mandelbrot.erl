%% float: a loop of multiplications
-module(mandelbrot).
-export([run/0]).
run() -> lists:sum([point(-2.0 + X * 0.02, -1.2 + Y * 0.02) || X <- lists:seq(0, 149), Y <- lists:seq(0, 119)]).
point(Cr, Ci) -> iterate(0.0, 0.0, Cr, Ci, 0).
iterate(_, _, _, _, 100) -> 100;
iterate(R, I, _, _, N) when R * R + I * I > 4.0 -> N;
iterate(R, I, Cr, Ci, N) -> iterate(R * R - I * I + Cr, 2.0 * R * I + Ci, Cr, Ci, N + 1).
