/* SPDX-License-Identifier: ISC */
#include "policy/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

void
opinion_init(struct opinion *o, const struct config_filter *filter)
{
	memset(o, 0, sizeof *o);
	o->filter = xstrdup(filter->name);
	o->malware = filter->malware;
	o->passable = filter->silent == SILENT_ACCEPT;
	o->status = FILTER_SILENT;
}

void
opinion_set(struct opinion *o, const struct milter_result *result)
{
	o->status = result->status;
	o->code = xstrdup(result->code);
	o->enhanced = xstrdup(result->enhanced);
	o->text = xstrdup(result->text);
	o->quarantine = result->quarantine;
	if (result->edit_count == 0)
		return;
	o->edits = xcalloc(result->edit_count, sizeof *o->edits);
	for (size_t i = 0; i < result->edit_count; i++) {
		o->edits[i] = result->edits[i];
		o->edits[i].name = xstrdup(result->edits[i].name);
		o->edits[i].value = xstrdup(result->edits[i].value);
	}
	o->edit_count = result->edit_count;
}

void
opinion_done(struct opinion *o)
{
	for (size_t i = 0; i < o->edit_count; i++) {
		free(o->edits[i].name);
		free(o->edits[i].value);
	}
	free(o->edits);
	free(o->filter);
	free(o->code);
	free(o->enhanced);
	free(o->text);
}

unsigned
opinion_weight(const struct opinion *o)
{
	switch (o->status) {
	case FILTER_SPAM:
		return o->malware ? 6 : o->quarantine ? 2 : 5;
	case FILTER_TEMPFAIL:
		return 4;
	case FILTER_SILENT:
		return o->passable ? 1 : 3;
	case FILTER_CLEAN:
	case FILTER_NONE:
		break;
	}
	return 0;
}
