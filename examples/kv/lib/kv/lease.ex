defmodule KV.Lease do
  @moduledoc """
  Promises between nodes, by each one's own clock.

  Who answers a ping promises not to begin a term of its own for somewhat more than `silence` milliseconds from then. Who gets the answer
  holds a lease for `silence` milliseconds from when it **sent** the ping. So a lease is over before the promise behind it, whatever the
  network and a stopped process did with the messages; the clocks need not agree, only run at about the same speed.
  """

  @enforce_keys [:silence]
  defstruct [:silence, held: %{}, promised: %{}, heard: %{}]

  @type t :: %__MODULE__{
          silence: pos_integer,
          held: %{node => integer},
          promised: %{node => integer},
          heard: %{node => integer}
        }

  @doc "The clock: monotonic, in milliseconds."
  @spec now() :: integer
  def now, do: System.monotonic_time(:millisecond)

  @doc "An answer came to the ping that was sent at `sent`."
  @spec hold(t, node, integer) :: t
  def hold(lease, node, sent) do
    held = Map.update(lease.held, node, sent + lease.silence, &max(&1, sent + lease.silence))
    %{lease | held: held}
  end

  @doc "The lease is void: the term that it was given in is over."
  @spec drop(t, node) :: t
  def drop(lease, node), do: %{lease | held: Map.delete(lease.held, node)}

  @doc "Until when `node` promised to keep still."
  @spec held_until(t, node | nil) :: integer | nil
  def held_until(lease, node), do: Map.get(lease.held, node)

  @spec held?(t, node | nil) :: boolean
  def held?(lease, node), do: after_now?(held_until(lease, node))

  @doc "A ping of `node` is being answered."
  @spec promise(t, node) :: t
  def promise(lease, node),
    do: %{lease | promised: Map.put(lease.promised, node, now() + div(lease.silence * 5, 4))}

  @doc "Are we bound by a promise to `node`?"
  @spec bound?(t, node) :: boolean
  def bound?(lease, node), do: after_now?(Map.get(lease.promised, node))

  @doc "Something was heard of `node`."
  @spec hear(t, node) :: t
  def hear(lease, node), do: %{lease | heard: Map.put(lease.heard, node, now())}

  @doc "Was `node` heard of lately?"
  @spec heard?(t, node | nil) :: boolean
  def heard?(lease, node) do
    case lease.heard do
      %{^node => at} -> now() - at < lease.silence
      _ -> false
    end
  end

  defp after_now?(nil), do: false
  defp after_now?(time), do: now() < time
end
