"""C nodes: cnode.c, on OTP's library ei, and OTP's erl_call, with a node of OTP and with one of Purlin: the same output."""
import os
import re
import socket
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60


def output(cluster, command, text=""):
    done = subprocess.run(command, env=cluster.env, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE, encoding="utf-8")
    return f"{done.stdout}\nstatus {done.returncode}"


def with_node(cluster, kind, program):
    """What the C programs print that talk to a node of that kind."""
    name, process = cluster.start(kind, "-s", "cnode", "start")
    erl_call = ["erl_call", "-sname", name, "-c", "secret"]
    found = [output(cluster, [program, "secret", f"{name}@{socket.gethostname().split('.')[0]}"]),
             output(cluster, erl_call + ["-a", "lists reverse [[1,2,{a,\"b\"}]]"]),
             output(cluster, erl_call + ["-e"], "X = 1 + 2, {X, is_alive(), nodes()}."),
             output(cluster, erl_call + ["-a", "erlang error [bad]"]),
             output(cluster, ["erl_call", "-sname", name, "-c", "wrong", "-a", "erlang node []"]),
             output(cluster, erl_call + ["-q"])]
    process.wait(PATIENCE)
    return re.sub(r"\b[cn]\d+@", "NODE@", "\n".join(found)).replace(name, "NAME").split("\n")


def run(place, cluster_for):
    program = os.path.join(place, "cnode")
    subprocess.run(os.environ.get("CC", "clang-19").split() + [os.path.join(HERE, "cnode.c"), "-o", program, "-lei", "-lpthread"],
                   check=True)
    outputs = {}
    for kind in ("otp", "purlin"):
        cluster = cluster_for(kind)
        try:
            outputs[kind] = with_node(cluster, kind, program)
        finally:
            cluster.stop()
    expected, got = outputs["otp"], outputs["purlin"]
    if not any("echoed" in line for line in expected):
        return ["C nodes: the reference failed:\n" + "\n".join(expected)]
    return [] if expected == got else ["C nodes, with OTP:\n" + "\n".join(expected) + "\nwith Purlin:\n" + "\n".join(got)]
