#include "panel.h"

#include "admin/server.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct panel {
    struct server *server;
    struct metrics_mapping *mappings; /* by route */
};

static struct metrics_mapping *name_mappings(const struct setup *setup)
{
    size_t count = setup->config->route_count;
    struct metrics_mapping *names = memory_new(count, sizeof *names);

    for (size_t i = 0; i < count; i++) {
        names[i].name = mapping_name(setup->mappings[i]);
        names[i].hash = mapping_hash(setup->mappings[i]);
    }
    return names;
}

static bool start(struct panel *panel, const struct setup *setup,
                  struct snapshot_exchange *exchange, const struct clock *clock, struct log *log,
                  struct error *error)
{
    const struct config *config = setup->config;
    struct server_settings settings = {
        .health = {.started_ms = clock->monotonic_ms,
                   .stall_timeout_ms = config->stall_timeout_ms,
                   .ready_on_hold = config->ready_on_hold},
        .facts = {.version = ROKT_RELAY_VERSION,
                  .api = setup->api.name,
                  .started_wall_ms = clock->wall_ms,
                  .mappings = panel->mappings,
                  .mapping_count = config->route_count},
    };
    bool parsed = address_parse(config->admin_listen, &settings.address, error);

    assert(parsed); /* as the configuration was checked */
    panel->server = server_new(&settings, exchange, log, error);
    return panel->server != NULL;
}

struct panel *panel_new(const struct setup *setup, struct snapshot_exchange *exchange,
                        const struct clock *clock, struct log *log, struct error *error)
{
    struct panel *panel = memory_new(1, sizeof *panel);

    panel->mappings = name_mappings(setup);
    if (!start(panel, setup, exchange, clock, log, error)) {
        panel_free(panel);
        return NULL;
    }
    return panel;
}

void panel_free(struct panel *panel)
{
    if (panel != NULL) {
        server_free(panel->server);
        free(panel->mappings);
        free(panel);
    }
}
