%% float: records of floats
-module(nbody).
-export([run/0]).
run() -> steps(5000, bodies()).
bodies() -> [{N * 1.5, N * 0.7, N * 0.3, 0.01 * N, 0.02, 0.03 * N, 1.0 / N} || N <- lists:seq(1, 5)].
steps(0, Bs) -> Bs;
steps(N, Bs) -> steps(N - 1, [move(B, Bs) || B <- Bs]).
move({X, Y, Z, Vx, Vy, Vz, M} = B, Bs) ->
    {Ax, Ay, Az} = pull(B, Bs, 0.0, 0.0, 0.0),
    Vx1 = Vx + Ax * 0.001, Vy1 = Vy + Ay * 0.001, Vz1 = Vz + Az * 0.001,
    {X + Vx1 * 0.001, Y + Vy1 * 0.001, Z + Vz1 * 0.001, Vx1, Vy1, Vz1, M}.
pull(B, [B | T], Ax, Ay, Az) -> pull(B, T, Ax, Ay, Az);
pull({X, Y, Z, _, _, _, _} = B, [{X2, Y2, Z2, _, _, _, M2} | T], Ax, Ay, Az) ->
    Dx = X2 - X, Dy = Y2 - Y, Dz = Z2 - Z,
    D2 = Dx * Dx + Dy * Dy + Dz * Dz + 0.01,
    F = M2 / (D2 * math:sqrt(D2)),
    pull(B, T, Ax + Dx * F, Ay + Dy * F, Az + Dz * F);
pull(_, [], Ax, Ay, Az) -> {Ax, Ay, Az}.
