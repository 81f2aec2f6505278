/* SPDX-License-Identifier: ISC */
/* A process has one queue; calls carry nothing that leads to it. */
#include "queue/serve.h"

#include <assert.h>

static struct engine *engine;

struct engine *
serving_engine(void)
{
	assert(engine != NULL);
	return engine;
}

void
serving_set_engine(struct engine *e)
{
	engine = e;
}
