// Processes and ports, from libraries: finding them, asking whether they live, sending to them.

#include "nif/environment.h"

#include "io/port.h"
#include "proc/sequence.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "sched/sched.h"
#include "vm.h"

// ---- who

int enif_get_local_pid(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifPid *pid) {
    if (!is_local_pid(t))
        return 0;
    pid->pid = t;
    return 1;
}

int enif_get_local_port(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifPort *port) {
    if (!is_local_port(t))
        return 0;
    port->port_id = t;
    return 1;
}

void enif_set_pid_undefined(ErlNifPid *pid) {
    pid->pid = ATOM_undefined;
}
int enif_is_pid_undefined(const ErlNifPid *pid) {
    return pid->pid == ATOM_undefined;
}

int enif_whereis_pid(ErlNifEnv *env, ERL_NIF_TERM name, ErlNifPid *pid) {
    return is_atom(name) && enif_get_local_pid(env, proc_whereis(name), pid);
}
int enif_whereis_port(ErlNifEnv *env, ERL_NIF_TERM name, ErlNifPort *port) {
    return is_atom(name) && enif_get_local_port(env, proc_whereis(name), port);
}

// ---- whether they live

int enif_is_process_alive(ErlNifEnv *env, ErlNifPid *pid) {
    return visit_is_alive(pid->pid);
}

int enif_is_current_process_alive(ErlNifEnv *env) {
    return env->process && !proc_is_doomed(env->process);
}

int enif_is_port_alive(ErlNifEnv *env, ErlNifPort *id) {
    struct epoch_member *visit = epoch_visit();
    bool alive = is_local_port(id->port_id) && port_lookup(id->port_id);
    epoch_visit_end(visit);
    return alive;
}

// ---- messages

// The environment's terms go along with the message; without one the message is copied.
static struct signal *message_signal(ErlNifEnv *message_env, term message) {
    if (!message_env)
        return proc_signal_new(SIGNAL_MESSAGE, NONE, message, NONE);
    struct signal *signal = proc_signal_built(SIGNAL_MESSAGE, &message_env->own, message);
    enif_clear_env(message_env);
    return signal;
}

static int send_from(struct process *self, const ErlNifPid *pid, ErlNifEnv *message_env, ERL_NIF_TERM message) {
    struct epoch_member *visit = epoch_visit();
    struct process *process = is_local_pid(pid->pid) ? proc_lookup(pid->pid) : NULL;
    bool sent = false;
    if (self && (self->flags & FLAG_TRACED))
        trace_sent(self, pid->pid, message, process);
    if (process && !(atomic_load(&process->state) & STATE_EXITING)) {
        struct signal *signal = message_signal(message_env, message);
        if (self && (self->flags & FLAG_SEQUENCED))
            sequence_sent(self, signal, pid->pid, message);
        sent = proc_signal(process, signal);
    }
    epoch_visit_end(visit);
    return sent;
}

int enif_send(ErlNifEnv *env, const ErlNifPid *pid, ErlNifEnv *message_env, ERL_NIF_TERM message) {
    struct process *self = env ? env->process : NULL;
    uint32_t state = self ? atomic_load(&self->state) : 0;
    if (state & STATE_EXITING)
        return 0;
    if (!(state & STATE_FOREIGN))
        return send_from(self, pid, message_env, message);
    if (!proc_foreign_claim(self))
        return 0;
    int sent = send_from(self, pid, message_env, message);
    proc_foreign_release(self);
    return sent;
}

int enif_port_command(ErlNifEnv *env, const ErlNifPort *port, ErlNifEnv *message_env, ERL_NIF_TERM message) {
    if (env->process && (atomic_load(&env->process->state) & STATE_EXITING))
        return 0;
    struct epoch_member *visit = epoch_visit();
    bool done = port_command_now(port->port_id, message);
    epoch_visit_end(visit);
    if (done && message_env)
        enif_clear_env(message_env);
    return done;
}
