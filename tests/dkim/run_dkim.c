/* SPDX-License-Identifier: ISC */
/* Verifies whole messages from files; README here says how to ask it. */

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/dkim.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define FOLDER		"tests/dkim/"
#define KEYS_MAX	16
#define EXPECT_MAX	16
#define MESSAGE_MAX	(64 << 20)

struct scene {
	char		*title;
	char		*message;
	char		*names[KEYS_MAX];
	char		*records[KEYS_MAX];
	size_t		 key_count;
	char		*expect[EXPECT_MAX];
	size_t		 expect_count;
	bool		 accept_length;
};

static const char *const results[] = {
	"none", "pass", "fail", "policy", "neutral", "temperror", "permerror",
};
static unsigned test_number, failures;

/* Line ends become CRLF. */
static void
read_message(const char *path, struct buf *message)
{
	char line[8192];
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof line, f) != NULL) {
		size_t n = strcspn(line, "\n");

		if (line[n] != '\n') {
			buf_add(message, line, n);
			continue;
		}
		if (n > 0 && line[n - 1] == '\r')
			n--;
		buf_add(message, line, n);
		buf_add_str(message, "\r\n");
	}
	fclose(f);
}

static void
answer(struct dkim_check *check, const struct scene *scene)
{
	const char *name;

	for (size_t i = 0; (name = dkim_check_question(check, i)) != NULL;
	    i++) {
		struct dkim_text text = { NULL, 0 };

		for (size_t k = 0; k < scene->key_count; k++) {
			if (strcmp(scene->names[k], name) == 0)
				text.text = scene->records[k];
		}
		text.size = text.text == NULL ? 0 : strlen(text.text);
		dkim_check_answer(check, i, text.text == NULL ? DNS_NXDOMAIN :
		    DNS_OK, &text, text.text != NULL);
	}
}

static void
verify(const struct scene *scene, const struct buf *message,
    void (*use)(const struct scene *, const struct dkim_signature *, size_t))
{
	struct dkim_settings settings = {
		.signatures_max = 8, .key_bits_min = 1024,
		.accept_length = scene->accept_length,
	};
	const char *text = (const char *)buf_bytes(message);
	const struct dkim_signature *rows;
	struct dkim_check *check;
	struct header header;
	size_t count;

	header_init(&header, text, buf_len(message));
	check = dkim_check_new(&settings, &header, (uint64_t)time(NULL));
	answer(check, scene);
	dkim_check_body(check, text + header.body_start,
	    buf_len(message) - header.body_start);
	rows = dkim_check_end(check, &count);
	use(scene, rows, count);
	dkim_check_free(check);
	header_done(&header);
}

static void
print_rows(const struct scene *scene, const struct dkim_signature *rows,
    size_t count)
{
	(void)scene;
	for (size_t i = 0; i < count; i++)
		printf("%s %s %s %s %u %s\n", results[rows[i].result],
		    rows[i].domain, rows[i].identity, rows[i].algorithm,
		    rows[i].key_bits, rows[i].why);
}

static void
check_rows(const struct scene *scene, const struct dkim_signature *rows,
    size_t count)
{
	bool good = count == scene->expect_count;

	for (size_t i = 0; i < count; i++) {
		char *row = xasprintf("%s %s%s%s", results[rows[i].result],
		    rows[i].domain, rows[i].why[0] == '\0' ? "" : " ",
		    rows[i].why);

		if (i >= scene->expect_count ||
		    strcmp(row, scene->expect[i]) != 0) {
			printf("# got: %s\n", row);
			good = false;
		}
		free(row);
	}
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", ++test_number,
	    scene->title);
}

static void
run_scene(const struct scene *scene)
{
	struct buf message;
	char *path;

	if (scene->title == NULL)
		return;
	path = xasprintf(FOLDER "messages/%s", scene->message);
	buf_init(&message, MESSAGE_MAX);
	read_message(path, &message);
	verify(scene, &message, check_rows);
	buf_done(&message);
	free(path);
}

static void
clear_scene(struct scene *scene)
{
	free(scene->title);
	free(scene->message);
	for (size_t i = 0; i < scene->key_count; i++) {
		free(scene->names[i]);
		free(scene->records[i]);
	}
	for (size_t i = 0; i < scene->expect_count; i++)
		free(scene->expect[i]);
	*scene = (struct scene){ .title = NULL };
}

static void
add_key(struct scene *scene, const char *text)
{
	size_t name = strcspn(text, " ");

	if (scene->key_count == KEYS_MAX)
		errx(1, "too many keys");
	scene->names[scene->key_count] = xstrndup(text, name);
	scene->records[scene->key_count++] = xstrdup(text + name + 1);
}

static void
read_line(struct scene *scene, char *line)
{
	size_t word = strcspn(line, " ");
	char *rest = line + word + (line[word] != '\0');

	line[word] = '\0';
	if (strcmp(line, "case") == 0) {
		run_scene(scene);
		clear_scene(scene);
		scene->title = xstrdup(rest);
	} else if (strcmp(line, "message") == 0) {
		scene->message = xstrdup(rest);
	} else if (strcmp(line, "key") == 0) {
		add_key(scene, rest);
	} else if (strcmp(line, "accept-length") == 0) {
		scene->accept_length = true;
	} else if (strcmp(line, "expect") == 0 &&
	    scene->expect_count < EXPECT_MAX) {
		scene->expect[scene->expect_count++] = xstrdup(rest);
	} else if (line[0] != '\0' && line[0] != '#') {
		errx(1, "cases.txt: %s?", line);
	}
}

static int
run_cases(void)
{
	struct scene scene = { .title = NULL };
	char line[4096];
	FILE *f = fopen(FOLDER "cases.txt", "r");

	if (f == NULL)
		err(1, FOLDER "cases.txt");
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		read_line(&scene, line);
	}
	run_scene(&scene);
	clear_scene(&scene);
	fclose(f);
	printf("1..%u\n", test_number);
	return failures > 0;
}

int
main(int argc, char **argv)
{
	struct scene scene = { .title = NULL };
	struct buf message;

	if (argc < 3 || strcmp(argv[1], "verify") != 0)
		return run_cases();
	for (int i = 3; i + 1 < argc && scene.key_count < KEYS_MAX; i += 2) {
		scene.names[scene.key_count] = argv[i];
		scene.records[scene.key_count++] = argv[i + 1];
	}
	buf_init(&message, MESSAGE_MAX);
	read_message(argv[2], &message);
	verify(&scene, &message, print_rows);
	buf_done(&message);
	return 0;
}
