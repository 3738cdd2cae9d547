"""Who is in the demo: schools (fictional), their partnerships, persons and a team.

Regions are real (GB/T 2260 codes); a school's key is short ASCII and never shown.
"""

from dataclasses import dataclass
from datetime import date

MARK = "（示例）"
"""At the end of each name that a reader sees."""


@dataclass(frozen=True, slots=True)
class School:
    """A school in a county, whose code's first four digits are its city's."""

    key: str
    name: str
    county: str
    stages: tuple[str, ...]
    system: str | None = "63"

    @property
    def city(self) -> str:
        """GB code of its city."""
        return f"{self.county[:4]}00"


@dataclass(frozen=True, slots=True)
class Pair:
    """helper → aided: keys of schools, or codes of counties."""

    level: str
    helper: str
    aided: str
    starts: date
    stages: tuple[str, ...] = ()
    """What it is narrowed to; none: everything."""
    status: str = "active"

    @property
    def key(self) -> str:
        """What content calls it: `qd>hz`."""
        return f"{self.helper}>{self.aided}"


@dataclass(frozen=True, slots=True)
class Account:
    """A person with a sign-in name, at a school (its key), at a city (its code), or at the province."""

    username: str
    name: str
    role: str
    place: str


@dataclass(frozen=True, slots=True)
class TeamOf:
    """A team; the first member leads it."""

    key: str
    name: str
    kind: str
    members: tuple[str, ...]


SCHOOLS = (
    School("qd", "青岛海风实验小学", "370202", ("primary",)),
    School("qb", "青岛北岸小学", "370214", ("primary",)),
    School("hz", "菏泽牡丹园小学", "371702", ("primary",)),
    School("ta", "泰安岱麓小学", "370902", ("primary",)),
    School("jk", "济南泉畔幼儿园", "370102", ("preschool",), None),
    School("lk", "临沂沂河幼儿园", "371302", ("preschool",), None),
    School("jn", "济南明湖高级中学", "370112", ("senior",)),
    School("ly", "临沂沂水源高级中学", "371323", ("senior",)),
    School("yt", "烟台芝罘湾初级中学", "370602", ("junior",), "54"),
    School("dz", "德州运河初级中学", "371402", ("junior",)),
    School("wh", "威海海草房学校", "371082", ("primary", "junior"), "54"),
    School("rc", "威海成山头小学", "371082", ("primary",), "54"),
    School("zz", "枣庄青檀学校", "370404", ("primary", "junior")),
    School("zb", "淄博孝妇河中学", "370304", ("junior",), "54"),
    School("bz", "滨州黄河岸初级中学", "371603", ("junior",)),
    School("wf", "潍坊鸢都中等职业学校", "370705", ("vocational",), None),
    School("lc", "聊城东昌湖职业教育中心", "371502", ("vocational",), None),
)

PAIRS = (
    Pair("school", "qd", "hz", date(2023, 9, 1)),
    Pair("school", "qb", "hz", date(2024, 9, 1)),
    Pair("school", "jn", "ly", date(2022, 9, 1)),
    Pair("school", "jk", "lk", date(2024, 9, 1), stages=("preschool",)),
    Pair("school", "yt", "dz", date(2023, 3, 1)),
    Pair("school", "wh", "zz", date(2024, 3, 1)),
    Pair("school", "zb", "bz", date(2022, 9, 1)),
    Pair("school", "wf", "lc", date(2021, 9, 1)),
    Pair("school", "rc", "zz", date(2026, 9, 1), status="proposed"),
    Pair("county", "370202", "371702", date(2020, 9, 1)),
    Pair("county", "370705", "371502", date(2020, 9, 1)),
)

ACCOUNTS = (
    Account("qd-teacher", "林海燕", "teacher", "qd"),
    Account("qd-admin", "孙立岩", "school_admin", "qd"),
    Account("qd-maths", "周明哲", "teacher", "qd"),
    Account("hz-teacher", "曹玉兰", "teacher", "hz"),
    Account("hz-admin", "侯振国", "school_admin", "hz"),
    Account("hz-science", "田春生", "teacher", "hz"),
    Account("qb-teacher", "于静怡", "teacher", "qb"),
    Account("qb-admin", "宫善民", "school_admin", "qb"),
    Account("ta-teacher", "岳晓岚", "teacher", "ta"),
    Account("ta-admin", "石岱云", "school_admin", "ta"),
    Account("jk-teacher", "柳思泉", "teacher", "jk"),
    Account("jn-teacher", "辛怀远", "teacher", "jn"),
    Account("ly-teacher", "孟繁星", "teacher", "ly"),
    Account("yt-teacher", "曲文涛", "teacher", "yt"),
    Account("dz-teacher", "董书桥", "teacher", "dz"),
    Account("wh-teacher", "丛海宁", "teacher", "wh"),
    Account("zz-teacher", "颜青禾", "teacher", "zz"),
    Account("zz-admin", "贺守正", "school_admin", "zz"),
    Account("zb-teacher", "蒲松涛", "teacher", "zb"),
    Account("wf-teacher", "郑铁成", "teacher", "wf"),
    Account("wf-admin", "韩鸢飞", "school_admin", "wf"),
    Account("lc-teacher", "傅水清", "teacher", "lc"),
    Account("qd-officer", "江帆", "officer", "370200"),
    Account("hz-officer", "郭牧原", "officer", "371700"),
    Account("admin", "平台管理员", "platform_admin", "370000"),
)

TEAMS = (
    TeamOf(
        "studio", "海风小学数学名师工作室", "studio", ("qd-maths", "hz-teacher", "hz-science", "qb-teacher")
    ),
    TeamOf("craft", "数控技能大师工作室", "craft", ("wf-teacher", "lc-teacher")),
)
