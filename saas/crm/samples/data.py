"""What the sample firms and persons are called, in each language. Nobody here exists."""

from __future__ import annotations

# name, kind, tier, industry, city, postal code, country, phone, website
Firm = tuple[str, str, str, str, str, str, str, str, str]
# place of the firm in the list (None: a private person), given name, family name, job title, role, mail name, phone
Person = tuple[int | None, str, str, str, str | None, str, str]

FIRMS: dict[str, tuple[Firm, ...]] = {
    "en": (
        ("Harbour Light Coffee Roasters", "customer", "a", "consumer_goods", "Bristol", "BS1 4RN", "GB", "+44 117 496 0101", "https://harbourlight.example"),
        ("Kessler Feinmechanik GmbH", "customer", "a", "machinery", "Stuttgart", "70173", "DE", "+49 711 5550 120", "https://kessler-feinmechanik.example"),
        ("Northfield Logistics Ltd", "customer", "b", "logistics", "Leeds", "LS1 5HD", "GB", "+44 113 496 0133", "https://northfield.example"),
        ("Atelier Rousseau", "prospect", "c", "textiles", "Lyon", "69002", "FR", "+33 4 65 71 04 12", "https://atelier-rousseau.example"),
        ("Blue Heron Hotels", "prospect", "b", "hospitality", "Cork", "T12 X5P9", "IE", "+353 20 915 2210", "https://blueheron.example"),
        ("Van den Berg Bouw B.V.", "customer", "b", "construction", "Utrecht", "3511 AB", "NL", "+31 85 012 3456", "https://vdbergbouw.example"),
        ("Sierra Solar Cooperative", "partner", "b", "energy", "Valencia", "46001", "ES", "+34 960 55 01 77", "https://sierrasolar.example"),
        ("Oakridge Dental Group", "former", "c", "health", "Portland", "97204", "US", "+1 503 555 0147", "https://oakridgedental.example"),
    ),
    "zh_Hans": (
        ("苏州晨曦精密机械有限公司", "customer", "a", "machinery", "苏州", "215000", "CN", "+86 512 5550 0101", "https://chenxi-jixie.example"),
        ("杭州云栖茶业有限公司", "customer", "a", "consumer_goods", "杭州", "310000", "CN", "+86 571 5550 0188", "https://yunqi-tea.example"),
        ("深圳市海诺电子科技有限公司", "customer", "b", "electronics", "深圳", "518000", "CN", "+86 755 5550 0126", "https://hainuo.example"),
        ("成都锦里酒店管理有限公司", "prospect", "b", "hospitality", "成都", "610000", "CN", "+86 28 5550 0155", "https://jinli-hotel.example"),
        ("青岛海风物流有限公司", "customer", "b", "logistics", "青岛", "266000", "CN", "+86 532 5550 0172", "https://haifeng.example"),
        ("广州新羽服饰有限公司", "prospect", "c", "textiles", "广州", "510000", "CN", "+86 20 5550 0139", "https://xinyu.example"),
        ("武汉长江建筑工程有限公司", "partner", "b", "construction", "武汉", "430000", "CN", "+86 27 5550 0164", "https://cj-jianzhu.example"),
        ("西安康宁口腔门诊部", "former", "c", "health", "西安", "710000", "CN", "+86 29 5550 0147", "https://kangning.example"),
    ),
}  # fmt: skip

PERSONS: dict[str, tuple[Person, ...]] = {
    "en": (
        (0, "Imogen", "Hartley", "Owner", "decides", "imogen", "+44 7700 900123"),
        (0, "Tom", "Okafor", "Head roaster", "uses", "tom", "+44 7700 900188"),
        (1, "Jürgen", "Kessler", "Managing director", "decides", "j.kessler", "+49 151 5550 1201"),
        (1, "Anja", "Müller-Lüdenscheidt", "Purchasing", "influences", "a.mueller", "+49 151 5550 1202"),
        (1, "Emre", "Yıldız", "Production planning", "uses", "e.yildiz", "+49 151 5550 1203"),
        (2, "Siobhan", "O'Brien", "Operations director", "decides", "siobhan", "+44 7700 900245"),
        (2, "Daniel", "Wright", "Finance", "pays", "accounts", "+44 7700 900246"),
        (3, "Camille", "Rousseau", "Designer", "decides", "camille", "+33 6 39 98 10 44"),
        (4, "Aoife", "Byrne", "Procurement manager", "influences", "aoife", "+353 83 915 0042"),
        (5, "Pieter", "van den Berg", "Owner", "decides", "pieter", "+31 6 5550 1234"),
        (5, "Fatima", "El Amrani", "Site manager", "uses", "fatima", "+31 6 5550 1235"),
        (6, "Lucía", "Fernández Ortiz", "Coordinator", "influences", "lucia", "+34 655 550 177"),
        (7, "Grace", "Nakamura", "Practice manager", "decides", "grace", "+1 503 555 0148"),
        (None, "Ada", "Whitfield", "", None, "ada.whitfield", "+44 7700 900301"),
    ),
    "zh_Hans": (
        (0, "建国", "张", "总经理", "decides", "zhangjg", "+86 139 0000 0101"),
        (0, "丽", "王", "采购主管", "influences", "wangl", "+86 139 0000 0102"),
        (1, "伟", "张", "创始人", "decides", "zhangw", "+86 139 0000 0103"),
        (1, "晓梅", "陈", "门店经理", "uses", "chenxm", "+86 139 0000 0104"),
        (2, "志强", "欧阳", "研发总监", "influences", "ouyangzq", "+86 139 0000 0105"),
        (2, "芳", "刘", "财务", "pays", "liuf", "+86 139 0000 0106"),
        (3, "海燕", "单", "运营总监", "decides", "shanhy", "+86 139 0000 0107"),
        (4, "永福", "曾", "总经理", "decides", "zengyf", "+86 139 0000 0108"),
        (4, "静", "赵", "调度", "uses", "zhaoj", "+86 139 0000 0109"),
        (5, "雨桐", "林", "设计师", "influences", "linyt", "+86 139 0000 0110"),
        (6, "国庆", "黄", "项目经理", "decides", "huanggq", "+86 139 0000 0111"),
        (7, "秀英", "吴", "主任", "decides", "wuxy", "+86 139 0000 0112"),
        (None, "子涵", "周", "", None, "zhouzh", "+86 139 0000 0113"),
    ),
}

# place of the person, kind, days from today, title, outcome (calls), is it done
Doing = tuple[int, str, int, str, str | None, bool]

DOINGS: dict[str, tuple[Doing, ...]] = {
    "en": (
        (0, "call", -12, "Asked about the new grinder line", "reached", True),
        (0, "task", 0, "Send the service contract for signature", None, False),
        (2, "meeting", 2, "Visit the plant in Stuttgart", None, False),
        (2, "call", -3, "Talked through delivery dates for spring", "reached", True),
        (3, "task", -1, "Send updated price list", None, False),
        (5, "call", -7, "Left a message about the renewal", "left_message", True),
        (5, "task", 1, "Call back about the renewal", None, False),
        (7, "task", 5, "Send fabric samples", None, False),
        (8, "meeting", 6, "Show the booking module", None, False),
        (9, "call", -20, "Happy with the first delivery", "reached", True),
        (12, "task", -9, "Ask why they left", None, False),
    ),
    "zh_Hans": (
        (0, "call", -12, "询问新一代主轴的交期", "reached", True),
        (0, "task", 0, "寄出服务合同待签", None, False),
        (2, "meeting", 2, "拜访杭州门店", None, False),
        (2, "call", -3, "沟通春季供货计划", "reached", True),
        (4, "task", -1, "发送新版报价单", None, False),
        (6, "call", -7, "语音留言,续约事宜", "left_message", True),
        (6, "task", 1, "回电确认续约", None, False),
        (9, "task", 5, "寄送面料样品", None, False),
        (7, "meeting", 6, "演示调度模块", None, False),
        (10, "call", -20, "首批交付很满意", "reached", True),
        (11, "task", -9, "了解流失原因", None, False),
    ),
}

NOTES: dict[str, tuple[tuple[int, str], ...]] = {
    "en": (
        (0, "Prefers calls before nine, before the shop opens."),
        (2, "Decides together with purchasing. Wants drawings with every offer."),
        (5, "Contract runs out in spring; compares us with two others."),
        (9, "Pays early when invoices come by e-mail."),
    ),
    "zh_Hans": (
        (0, "上午九点前方便接电话。"),
        (2, "与采购一起决策,每次报价需附图纸。"),
        (6, "合同明年春季到期,正在与另外两家比较。"),
        (10, "收到电子发票后付款很快。"),
    ),
}
