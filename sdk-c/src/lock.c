/* Locks that flows hold: a list of the few that are held at a time. */
#include "async_pool.h"

static struct ic_lock *lock_find(uint32_t kind, struct ic_bytes key)
{
    const struct ic_async_pool *pool = ic_async_pool();
    for (uint32_t i = 0; i < pool->lock_count; i++) {
        struct ic_lock *lock = &pool->locks[i];
        if (lock->owner != NULL && lock->kind == kind &&
            ic_bytes_is_equal((struct ic_bytes){.at = lock->key, .size = lock->key_bytes}, key)) {
            return lock;
        }
    }
    return NULL;
}

static struct ic_lock *lock_free(void)
{
    const struct ic_async_pool *pool = ic_async_pool();
    for (uint32_t i = 0; i < pool->lock_count; i++) {
        if (pool->locks[i].owner == NULL) {
            return &pool->locks[i];
        }
    }
    return NULL;
}

enum ic_lock_result ic_lock(struct ic_flow *flow, uint32_t kind, struct ic_bytes key)
{
    flow = ic_flow_whole(flow);
    ic_assert(flow->is_used && key.size <= IC_LOCK_KEY_BYTES_MAX);
    struct ic_lock *lock = lock_find(kind, key);
    if (lock != NULL) {
        return lock->owner == flow ? IC_LOCK_OK : IC_LOCK_BUSY;
    }
    lock = lock_free();
    if (lock == NULL) {
        return IC_LOCK_FULL;
    }
    *lock = (struct ic_lock){.owner = flow, .kind = kind, .key_bytes = (uint32_t)key.size};
    if (key.size != 0) {
        memcpy(lock->key, key.at, key.size);
    }
    return IC_LOCK_OK;
}

void ic_unlock(struct ic_flow *flow, uint32_t kind, struct ic_bytes key)
{
    struct ic_lock *lock = lock_find(kind, key);
    ic_assert(lock != NULL && lock->owner == ic_flow_whole(flow));
    lock->owner = NULL;
}

bool ic_lock_is_held(uint32_t kind, struct ic_bytes key)
{
    return lock_find(kind, key) != NULL;
}

enum ic_lock_result ic_lock_u64(struct ic_flow *flow, uint32_t kind, uint64_t key)
{
    return ic_lock(flow, kind, (struct ic_bytes){.at = (const uint8_t *)&key, .size = sizeof key});
}

void ic_unlock_u64(struct ic_flow *flow, uint32_t kind, uint64_t key)
{
    ic_unlock(flow, kind, (struct ic_bytes){.at = (const uint8_t *)&key, .size = sizeof key});
}

bool ic_lock_is_held_u64(uint32_t kind, uint64_t key)
{
    return ic_lock_is_held(kind,
                           (struct ic_bytes){.at = (const uint8_t *)&key, .size = sizeof key});
}

void ic_locks_release(const struct ic_flow *flow)
{
    const struct ic_async_pool *pool = ic_async_pool();
    for (uint32_t i = 0; i < pool->lock_count; i++) {
        if (pool->locks[i].owner == flow) {
            pool->locks[i].owner = NULL;
        }
    }
}

uint32_t ic_locks_held(void)
{
    const struct ic_async_pool *pool = ic_async_pool();
    uint32_t count = 0;
    for (uint32_t i = 0; i < pool->lock_count; i++) {
        count += pool->locks[i].owner != NULL;
    }
    return count;
}
