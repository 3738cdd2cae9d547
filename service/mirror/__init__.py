"""`tongke mirror`: a school's copy of what its teachers may read, on an old PC behind a slow line.

`following` brings what the feed tells into the copy's tables, `fetching` the bytes; `pace` keeps to hours and speed,
`lock` to one process; `carrying` moves a copy on a disk. Nothing here needs POSIX.
"""
