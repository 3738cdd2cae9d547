"""Use-cases: plain functions, a file per noun. They take a `Work` (or, where they must not hold the database meanwhile, what
opens one), never commit, and know no HTTP: API, pages, jobs and commands call the same ones. Where what is:

Resources and their versions
    resources drafts versions fields shapes listing bykey comparing adapting lineage markdown citing
Attachments: how they come in, what is kept, what is given out
    uploads receiving leases digests filenames media files contents bundles captions locations scanning packages manifests
    questions playing
What is made of attachments
    extraction conversions derived previews retrying
People: who asks, signing in, where they work
    callers accounts signing_in csrf profile people roster posts terms enrolling teams
Schools, regions, and who is paired with whom
    organisations schools regions partnerships pairing exchange administering
Who sees a resource (the rule itself: `service.permissions`)
    sharing audience
Search: understanding a query, finding, ordering, offering something else
    finding understanding recognising said relaxing nearest ranking hits offering suggesting similar simple units saved watching
The search index (the engines: `service.search`)
    indexing
Vocabularies
    vocabulary majors collation
The feed of changes, and who follows it
    feed changes waiting copies packing mirroring webhooks delivering outgoing
Other sites and catalogues
    embedding embed_keys embed_use oai harvesting metadata describing syndication sitemap xmltext
What people are told
    notices noticing reports comments
In and out by the heap
    importing exporting sheets
What is counted
    use tally rates figures storage_use
Keeping it all: proof, repair, copies, forgetting
    audit audit_log audit_words checking integrity backup cleaning retention erasing rotating failures idempotency
What lists share, and the samples
    cursors demo
"""
