"""Everything that can be set, in one class. Each field is read from the environment as TONGKE_<NAME>."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


class Settings(BaseSettings):
    """The program's settings; `docs/operations.md` lists each, and a test fails where it does not."""

    model_config = SettingsConfigDict(env_prefix="TONGKE_", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Folder of everything the embedded stack keeps.")
    database_url: str = Field(
        "", description="`postgresql://USER:PASSWORD@HOST/DATABASE`; empty: SQLite in the data folder."
    )
    objects_url: str = Field(
        "",
        description="Any S3: `s3+https://KEY:SECRET@HOST/BUCKET[/PREFIX][?region=NAME]`; empty: files in the data folder.",
    )
    search_url: str = Field(
        "",
        description="`http://HOST:7700` of a Meilisearch, `?index=NAME` where it is not `tongke`; "
        "empty: the embedded engine in the data folder.",
    )
    search_key: SecretStr = Field(SecretStr(""), description="Key of that Meilisearch; see there.")
    search_seconds: float = Field(
        0.6,
        description="Time that the search engine may take for one request before the database answers in its place.",
        gt=0,
    )
    public_url: str = Field(
        "",
        description="Address under which browsers reach the service; https makes cookies `__Host-` and Secure.",
    )
    nginx: bool = Field(
        False,
        description="nginx as in deploy/nginx.conf.template is before the service and carries the bytes of files.",
    )
    forwarded_from: str = Field(
        "127.0.0.1",
        description="Addresses and networks of proxies, with commas, whose X-Forwarded-For is believed.",
    )
    max_upload_bytes: int = Field(8 * GIBIBYTE, description="Largest single file, in bytes.", gt=0)
    school_quota_bytes: int = Field(
        200 * GIBIBYTE, description="Bytes of files that one school may keep.", gt=0
    )
    reserve_bytes: int = Field(
        512 * MEBIBYTE,
        description="Uploads are refused when less than this would stay free on the disk.",
        ge=0,
    )
    upload_days: int = Field(7, description="Days after which an unfinished upload expires.", gt=0)
    session_hours: int = Field(
        12, description="Hours after its last use that a sign-in on a page ends.", gt=0
    )
    token_days: int = Field(30, description="Days that a bearer token from POST /token lives.", gt=0)
    sign_in_tries: int = Field(
        10, description="Failed sign-ins by one name in 15 minutes; ten times as many by one address.", gt=0
    )
    api_per_minute: int = Field(
        30_000,
        description="Calls of the interface by one caller in a minute; ten times as many by one address. 0: no limit.",
        ge=0,
    )
    extract_seconds: float = Field(30.0, description="Wall time that extraction of one file may take.", gt=0)
    extract_bytes: int = Field(1 * GIBIBYTE, description="Address space of one extraction, in bytes.", gt=0)
    extract_processes: int = Field(2, description="Files extracted at the same time.", gt=0)
    convert: bool = Field(
        True, description="Documents become PDF and page images, films a form that every browser plays."
    )
    convert_seconds: float = Field(300.0, description="Wall time for the PDF of one document.", gt=0)
    film_seconds: float = Field(7200.0, description="Wall time for one step of a film.", gt=0)
    convert_bytes: int = Field(4 * GIBIBYTE, description="Address space of one conversion, in bytes.", gt=0)
    scanner: str = Field(
        "",
        description="Virus scanner with its arguments; empty: `clamdscan` or `clamscan` where it is on the PATH; `none`: none.",
    )
    backup_url: str = Field(
        "",
        description="Where `tongke backup` goes when no place is named: a folder, or `s3+https://KEY:SECRET@HOST/BUCKET/PREFIX`.",
    )
    scrub_days: int = Field(30, description="Days in which the bytes of every file are verified once.", gt=0)
    bin_days: int = Field(30, description="Days that a deleted draft can be brought back.", gt=0)
    contact_email: str = Field(
        "postmaster@localhost", description="Who keeps this library, for programs that harvest it (OAI-PMH)."
    )
    play_origin: str = Field(
        "",
        description="Another host of this service, as `https://play.example.org`, that learning packages run on; empty: a sandbox of this one.",
    )
    webhooks_local: bool = Field(
        False, description="Webhooks may go to this machine itself, over http too: for trying things out."
    )
    mirror: bool = Field(
        False,
        description="The data folder is a school's copy, kept by `tongke mirror`: shown as it is, without sign-in; "
        "`tongke serve --mirror` sets it.",
    )
    development: bool = Field(
        False,
        description="For those who work on the pages: `/styleguide`, and templates that are read again when they change.",
    )
    language: str = Field(
        "zh-CN", description="Language of the pages: `zh-CN`, or one that has a catalogue in `web/locale`."
    )
    log_level: str = Field("info", description="debug, info, warning or error.")
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Bearer token for `/metrics`; empty: only this machine may ask, past no proxy.",
    )
    metrics_port: int = Field(
        0, description="Port on 127.0.0.1 where `tongke worker` answers `/metrics`; 0: none.", ge=0, le=65535
    )

    @property
    def embedded(self) -> bool:
        """Whether nothing but the data folder is used."""
        return not (self.database_url or self.objects_url or self.search_url)
