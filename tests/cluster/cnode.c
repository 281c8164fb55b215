// A C node on OTP's library ei: calls, messages, links and monitors with an Erlang node.
//
//     cnode COOKIE NODE    NODE is the Erlang node's whole name
//
// Prints what it gets. The Erlang side is the module `cnode`.

#include <ei.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREATION 7
#define VERSION_MAGIC 131

static void check(int result, const char *what) {
    if (result < 0) {
        printf("%s failed\n", what);
        exit(1);
    }
}

static void show(const char *what, const ei_x_buff *buffer, int index) {
    char *text = NULL;
    int at = index;
    if (buffer->buff[at] == (char)VERSION_MAGIC)
        ei_decode_version(buffer->buff, &at, NULL);
    check(ei_s_print_term(&text, buffer->buff, &at), "printing");
    printf("%s: %s\n", what, text);
    free(text);
}

// The next message that is no tick, into *buffer.
static int receive(int connection, erlang_msg *message, ei_x_buff *buffer) {
    int got;
    do {
        buffer->index = 0;
        got = ei_xreceive_msg_tmo(connection, message, buffer, 10000);
    } while (got == ERL_TICK);
    return got;
}

static void call(ei_cnode *node, int connection, char *module, char *function, ei_x_buff *arguments) {
    ei_x_buff answer;
    ei_x_new(&answer);
    check(ei_rpc(node, connection, module, function, arguments->buff, arguments->index, &answer), "ei_rpc");
    show(function, &answer, 0);
    ei_x_free(&answer);
}

static void calls(ei_cnode *node, int connection) {
    ei_x_buff arguments;
    ei_x_new(&arguments);
    ei_x_format_wo_ver(&arguments, "[[1,two,3.5,\"four\",{five,[]},~l]]", 123456789012345);
    call(node, connection, "lists", "reverse", &arguments);
    arguments.index = 0;
    ei_x_format_wo_ver(&arguments, "[out]");
    call(node, connection, "erlang", "exit", &arguments);
    arguments.index = 0;
    ei_x_format_wo_ver(&arguments, "[]");
    call(node, connection, "no_such_module", "f", &arguments);
    ei_x_free(&arguments);
}

// {Self, Word} to the registered process `cnode`, and its answer.
static void send_word(ei_cnode *node, int connection, char *word) {
    ei_x_buff buffer;
    ei_x_new_with_version(&buffer);
    ei_x_encode_tuple_header(&buffer, 2);
    ei_x_encode_pid(&buffer, ei_self(node));
    ei_x_encode_atom(&buffer, word);
    check(ei_reg_send(node, connection, "cnode", buffer.buff, buffer.index), "ei_reg_send");
    ei_x_free(&buffer);
}

static void messages(ei_cnode *node, int connection) {
    static char *const words[] = {"echo", "large", "to_name", "link", "unlink", "exit", NULL};
    ei_x_buff buffer;
    ei_x_new(&buffer);
    for (size_t i = 0; words[i]; i++) {
        erlang_msg message = {0};
        send_word(node, connection, words[i]);
        int got;
        do {
            got = receive(connection, &message, &buffer);
            if (got < 0) {
                printf("%s: nothing came\n", words[i]);
                exit(1);
            }
            printf("%s: type %ld%s%s\n", words[i], message.msgtype, message.msgtype == ERL_REG_SEND ? " to " : "",
                   message.msgtype == ERL_REG_SEND ? message.toname : "");
        } while (message.msgtype == ERL_LINK || message.msgtype == ERL_UNLINK);
        int type, size;
        if (message.msgtype == ERL_SEND || message.msgtype == ERL_REG_SEND) {
            int index = 0;
            ei_decode_version(buffer.buff, &index, NULL);
            ei_get_type(buffer.buff, &index, &type, &size);
            if (type == ERL_BINARY_EXT)
                printf("a binary of %d bytes\n", size);
            else
                show("message", &buffer, 0);
        }
    }
    ei_x_free(&buffer);
}

int main(int count, char **arguments) {
    ei_cnode node;
    if (count != 3)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    ei_init();
    char name[64];
    snprintf(name, sizeof name, "cnode%d", (int)getpid() % 10000);
    check(ei_connect_init(&node, name, arguments[1], CREATION), "ei_connect_init");
    int connection = ei_connect(&node, arguments[2]);
    check(connection, "ei_connect");
    calls(&node, connection);
    messages(&node, connection);
    return 0;
}
