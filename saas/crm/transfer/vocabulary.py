"""What columns mean: each concept with the names people and programs give it, in English, Chinese, German, Spanish, French.

Concepts are ours and belong to no object; `mapping` brings them together with the targets an object offers.
Names that one program alone uses differently stand in `presets`.
"""

# ruff: noqa: E501 -- tables of words and patterns read best one entry a line
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saas.crm.transfer.headers import header_key

_NAMES: Mapping[str, str] = {
    # A person.
    "full_name": "full name|contact name|contact|person|contact person|person name|customer contact|lead name"
    "|姓名|联系人|联系人姓名|名字|客户联系人|全名|称呼姓名|主要联系人|联系人名称"
    "|vollständiger name|ansprechpartner|kontakt|kontaktname|nombre completo|contacto|persona de contacto|nom complet|contact principal",
    "name": "name|display name|名称|bezeichnung|nom complet ou raison sociale",
    "first_name": "first name|given name|given|forename|firstname|fname|christian name|person first name|名|given names|vorname|nombre|nombres|prénom|prenom",
    "last_name": "last name|family|surname|family name|lastname|lname|second name|person last name|姓|姓氏|nachname|familienname|zuname|apellido|apellidos|nom de famille",
    "middle_name": "middle name|additional name|中间名|zweiter vorname|segundo nombre|deuxième prénom",
    "salutation": "salutation|name prefix|prefix|honorific|mr mrs|称谓|称呼|尊称|anrede|titel|tratamiento|saludo|civilité",
    "suffix": "suffix|name suffix|后缀|namenszusatz|sufijo|suffixe",
    "nickname": "nickname|nick name|昵称|spitzname|apodo|surnom",
    "job_title": "job title|title|position|role|designation|job role|job position|function|person job title"
    "|职位|职务|岗位|职称|头衔|stelle|funktion|berufsbezeichnung|cargo|puesto|puesto de trabajo|poste|fonction|intitulé du poste",
    "occupation": "occupation|profession|职业|beruf|profesión|ocupación|métier",
    "department": "department|dept|job department|works in|organization department|部门|所在部门|abteilung|departamento|département|service",
    "email": "email|e mail|mail|email address|e mail address|email 1|e mail 1|e mail 1 value|email work|work email|primary email|business email|contact email"
    "|email id|mail address|person email|person email work|邮箱|邮件|电子邮箱|电子邮件|邮箱地址|email地址|e mail地址|邮件地址|工作邮箱|公司邮箱|联系邮箱"
    "|e mail adresse|email adresse|mailadresse|correo|correo electrónico|dirección de correo|courriel|adresse email|adresse e mail|adresse électronique|mél",
    "email_2": "email 2|e mail 2|e mail 2 value|e mail 2 address|secondary email|other email|private email|personal email|home email|alternative email"
    "|additional email addresses|person email home|person email other|email home|email other|email 3|e mail 3 value|e mail 3 address|e mail 4 value"
    "|其他邮箱|备用邮箱|个人邮箱|私人邮箱|private e mail|weitere e mail|otro correo|autre email",
    "phone": "phone|telephone|tel|phone number|telephone number|phone no|tel no|phone 1|phone 1 value|contact number|contact phone|main phone|primary phone|person phone"
    "|电话|联系电话|电话号码|联系方式|固定电话|座机|联系人电话|客户电话|telefon|telefonnummer|rufnummer|teléfono|número de teléfono|téléphone|numéro de téléphone|tél",
    "work_phone": "work phone|business phone|office phone|phone work|person phone work|work telephone|direct phone|direct line|办公电话|工作电话|公司座机|telefon geschäftlich|teléfono del trabajo|téléphone professionnel",
    "mobile": "mobile|mobile phone|mobile number|cell|cell phone|cellphone|mobile phone number|handphone|phone mobile|person phone mobile|mobile no|cell number"
    "|手机|手机号|手机号码|移动电话|联系手机|手机电话|联系人手机|mobil|handy|mobiltelefon|handynummer|móvil|celular|teléfono móvil|número de móvil|portable|téléphone portable|téléphone mobile|mobile tel",
    "home_phone": "home phone|phone home|home telephone|person phone home|private phone|家庭电话|住宅电话|telefon privat|teléfono particular|téléphone domicile",
    "other_phone": "other phone|phone 2|phone 2 value|phone 3 value|phone 4 value|phone other|person phone other|business phone 2|home phone 2|company main phone|car phone|secondary phone|alternate phone|telephone 2"
    "|其他电话|备用电话|电话2|手机2|其他手机|weitere telefonnummer|otro teléfono|autre téléphone",
    "fax": "fax|fax number|business fax|home fax|other fax|传真|传真号码|传真号|faxnummer|télécopie",
    "birth_date": "birthday|birth date|birthdate|date of birth|dob|生日|出生日期|出生年月|geburtstag|geburtsdatum|fecha de nacimiento|cumpleaños|date de naissance|anniversaire de naissance",
    "gender": "gender|sex|性别|geschlecht|género|sexo|genre|sexe",
    "language": "language|preferred language|语言|语种|sprache|idioma|idioma preferido|langue",
    "wechat": "wechat|we chat|wechat id|weixin|微信|微信号|微信号码",
    "qq": "qq|qq号|qq number|qq号码",
    "linkedin": "linkedin|linkedin url|linkedin profile|linkedin bio|领英",
    "is_decision_maker": "decision maker|key decision maker|是否关键决策人|关键决策人|决策人|是否决策人",
    "reports_to": "reports to|reporting to|manager|manager's name|supervisor|直属上级|上级|vorgesetzter|jefe|responsable hiérarchique",
    "assistant_name": "assistant|assistant name|assistant's name|助理|assistent|assistentin|asistente|assistante",
    "assistant_phone": "assistant phone|asst phone|assistant's phone|assistant telephone|助理电话",
    "email_opt_out": "email opt out|no marketing|no marketing mail|has opted out of email|unsubscribed|opted out|opt out|unsubscribed from all email|email optout|do not email|do not contact|no email|no mailing"
    "|退订|已退订|邮件退订|拒收邮件|不接收邮件|abgemeldet|keine werbung|no contactar|dado de baja|désinscrit|désabonné",
    "email_opt_in": "email opt in|opt in|opted in|marketing consent|subscribed|newsletter|consent|email consent|accepts marketing|gdpr consent|接收邮件|同意接收邮件|订阅|营销许可"
    "|einwilligung|newsletter abonniert|consentimiento|suscrito|consentement|abonné",
    "phone_opt_out": "do not call|phone opt out|no calls|no phone calls|donotcall|拒接电话|请勿致电|nicht anrufen|no llamar|ne pas appeler",
    # A firm.
    "company": "company|company name|account name|account|organization|organisation|organization name|organisation name|firm|business name|customer name|customer|client|client name"
    "|employer|company account|associated company|associated company primary|associated company names primary|person organization|deal organization|organization 1 name"
    "|公司|公司名称|客户名称|客户|单位|单位名称|企业名称|企业|公司名|客户名|所属客户|所属公司|客户公司|关联客户"
    "|firma|firmenname|unternehmen|unternehmensname|kunde|kundenname|empresa|nombre de la empresa|compañía|organización|cliente|razón social|société|entreprise|nom de l'entreprise|nom de la société|raison sociale",
    "domain": "domain|company domain|company domain name|domain name|email domain|域名|公司域名|nombre de dominio de la empresa|dominio|domaine|nom de domaine",
    "website": "website|website url|web site|url|web page|homepage|web|web address|business web page|personal web page|website 1 value|company website|organization website|account website"
    "|网址|网站|官网|公司网站|公司网址|主页|webseite|internetseite|internet|sitio web|página web|url del sitio web|site web|site internet",
    "industry": "industry|sector|branch|vertical|行业|所属行业|客户行业|公司行业|行业类型|1级行业|一级行业|branche|wirtschaftszweig|industria|secteur|secteur d'activité|industrie",
    "sub_industry": "sub industry|2级行业|二级行业|细分行业",
    "employees": "employees|number of employees|no of employees|employee count|headcount|staff|员工数|员工人数|人数"
    "|mitarbeiter|mitarbeiterzahl|anzahl mitarbeiter|número de empleados|empleados|effectif|nombre d'employés|nombre de salariés",
    "size": "company size|size|staff size|size range|人员规模|公司规模|企业规模|规模|unternehmensgröße|tamaño de la empresa|taille de l'entreprise",
    "legal_name": "legal name|registered name|公司全称|客户全称|企业全称|juristischer name|nombre legal",
    "founded_on": "founded|founded on|year founded|founding date|date founded|成立日期|成立时间|注册日期|gegründet|gründungsdatum|fecha de fundación|date de création de l'entreprise",
    "customer_since": "customer since|client since|first order date|合作开始时间|首次合作时间|成为客户时间|kunde seit|cliente desde|client depuis",
    "revenue": "annual revenue|revenue|turnover|sales revenue|年营业额|营业额|年收入|年营收|年销售额|jahresumsatz|umsatz|ingresos anuales|facturación|chiffre d'affaires|ca annuel",
    "tax_number": "tax number|tax id|vat|vat number|vat id|tax no|ein|tin|abn|统一社会信用代码|信用代码|税号|纳税人识别号|steuernummer|ust idnr|umsatzsteuer id|nif|cif|rfc|numéro de tva|n° tva|siret|siren",
    "account_number": "account number|customer number|customer no|client number|customer id|client id|account no|客户编号|客户编码|客户代码|客户号|kundennummer|kunden nr|número de cliente|numéro client|n° client",
    "account_type": "account type|type|kind|customer type|company type|record type|客户类型|客户分类|类型|kundentyp|typ|tipo|tipo de cliente|type de client",
    "parent_company": "parent account|parent company|parent account id|parent id|parent|organization parent|headquarters|上级客户|母公司|上级公司|集团公司|muttergesellschaft|empresa matriz|société mère",
    "ownership": "ownership|ownership type|企业性质|公司性质|所有制",
    "linkedin_company": "linkedin company page|company linkedin",
    # Said of any record.
    "owner": "owner|owner name|assigned to|sales rep|salesperson|account manager|owner email|sales owner|responsible|rep|user|负责人|归属人|所有人|业务员|销售|销售人员|客户经理|跟进人|所属人|负责销售|所有者"
    "|zuständig|besitzer|verantwortlich|verantwortlicher|betreuer|propietario|responsable|propriétaire|commercial|owner id",
    "contact_owner": "contact owner|person owner|lead owner|propietario del contacto|kontakteigner|kontaktinhaber|propriétaire du contact|联系人负责人|线索负责人",
    "company_owner": "company owner|account owner|organization owner|propietario de la empresa|客户负责人|公司负责人",
    "deal_owner": "deal owner|opportunity owner|商机负责人",
    "case_owner": "case owner|ticket owner|工单负责人",
    "creator": "created by|creator|creado por|创建人|制单人|录入人|erstellt von|créé par|created by id|deal creator",
    "modifier": "modified by|last modified by|last modified by id|最后修改人|修改人|更新人",
    "owner_department": "owner department|归属部门|所属部门|负责人主属部门|负责部门",
    "source": "source|lead source|origin|customer source|account source|contact source|来源|客户来源|线索来源|获客渠道|来源渠道|渠道|quelle|herkunft|leadquelle|fuente|origen|origine",
    "status": "status|lead status|customer status|account status|contact status|state of lead|状态|客户状态|线索状态|跟进状态|estado del lead|statut",
    "lifecycle": "lifecycle stage|life cycle stage|lifecycle|生命周期|生命周期阶段|生命状态|客户阶段",
    "tier": "tier|rating|level|grade|class|customer level|priority customer|segment|客户级别|客户等级|级别|等级|客户星级|重要程度|kundenklasse|nivel|niveau",
    "region": "region|territory|area|sales region|区域|大区|所属区域|销售区域|地区|gebiet|zona|région commerciale",
    "description": "description|about|about us|summary|简介|描述|公司简介|客户简介|说明|beschreibung|descripción|descriptif",
    "notes": "notes|note|comments|comment|remark|remarks|memo|background|note content|associated note|备注|备注信息|沟通内容|跟进内容|跟进记录|notizen|notiz|bemerkung|bemerkungen|kommentar|notas|comentarios|observaciones|remarques|commentaires",
    "tags": "tags|tag|labels|label|categories|category|groups|group membership|keywords|person labels|person label|organization labels|organization label|deal label|contact tags"
    "|标签|客户标签|分组|类别|schlagwörter|kategorien|kategorie|etiquetas|categorías|étiquettes|catégories",
    "external_id": "id|record id|external id|record no|unique id|uuid|contact id|contact record id|record id contact|record id company|person id|organization id|lead id|deal id|account id|case id|opportunity id"
    "|ticket id|salesforce id|主键|编号|唯一标识|id de registro|datensatz id|record identifier",
    "created_at": "created|created at|created date|create date|created time|created on|date created|creation date|add time|date added|person created|person person created|organization organization created|deal deal created"
    "|创建时间|创建日期|录入时间|建档时间|erstellt am|erstelldatum|fecha de creación|date de création",
    "updated_at": "updated|updated at|last modified date|last modified|modified time|modified|update time|last updated|modified on|更新时间|修改时间|最后修改时间|geändert am|última modificación|date de modification",
    "last_activity_at": "last activity|last activity date|last activity time|last contacted|last contact|last contact date|last touch|最近沟通时间|最后跟进时间|最近跟进时间|上次跟进|letzter kontakt|última actividad|último contacto|dernière activité",
    "next_contact_at": "next activity date|next contact|next follow up|follow up date|next contact date|下次联系时间|下次跟进时间|下次跟进|nächster kontakt|próximo contacto|prochain contact",
    "deal_status": "成交状态|deal status|是否成交",
    # A deal.
    "deal_name": "deal name|deal title|deal|opportunity name|opportunity|商机名称|商机|销售机会|项目名称|verkaufschance|negocio|nombre del negocio|opportunité",
    "stage": "stage|deal stage|stage name|sales stage|商机阶段|销售阶段|阶段|phase|etapa|etapa del negocio|étape|phase de vente",
    "pipeline": "pipeline|deal pipeline|商机状态组|销售流程|verkaufspipeline|proceso",
    "amount": "amount|deal value|deal amount|value|opportunity amount|expected amount|商机金额|金额|预计金额|预计销售金额|成交金额|betrag|auftragswert|importe|valor|cantidad|montant",
    "company_amount": "amount in company currency",
    "expected_revenue": "expected revenue|预计收入",
    "currency": "currency|currency iso code|deal currency|deal currency of value|amount currency|币种|货币|währung|moneda|divisa|devise",
    "close_date": "close date|closing date|expected close date|deal expected close date|expected closing date|预计成交日期|预计成交时间|预计签单日期|abschlussdatum|fecha de cierre|date de clôture",
    "closed_at": "deal deal closed on|deal won time|closed date|won time|成交日期|签单日期",
    "probability": "probability|probability %|win probability|deal probability|赢率|成交概率|可能性|wahrscheinlichkeit|probabilidad|probabilité",
    "next_step": "next step|下一步|nächster schritt|próximo paso|prochaine étape",
    "lost_reason": "lost reason|loss reason|reason for loss|closed lost reason|deal lost reason|输单原因|丢单原因|失败原因|verlustgrund|motivo de pérdida|raison de la perte",
    # A case, an activity.
    "subject": "subject|ticket name|case subject|task title|activity subject|deal subject|主题|标题|工单标题|betreff|asunto|sujet|objet",
    "case_number": "case number|ticket number|工单编号",
    "case_status": "case status|ticket status|工单状态|call status|task status",
    "priority": "priority|ticket priority|优先级|紧急程度|priorität|prioridad|priorité",
    "due_date": "due date|due date only|activity date|activity due date|截止日期|到期日期|fällig am|fecha de vencimiento|échéance",
    "activity_type": "activity type|task type|task subtype|跟进方式|跟进类型",
    "body": "body|task body|content|正文|内容",
    # An address; `address` alone is the whole of it in one cell.
    "address": "address|full address|mailing address|billing address|postal address|address formatted|organization address|address 1 formatted|company address|地址|详细地址|公司地址|联系地址|通讯地址|单位地址|客户地址"
    "|full combined address|anschrift|adresse|dirección|domicilio|adresse complète",
    "address.street": "street|street name|street address|address line 1|address 1|street 1|address line|street road name|街道|街道地址|straße|strasse|straße und hausnummer|calle|rue|adresse ligne 1",
    "address.street2": "street 2|address line 2|address 2|extended address|suite|apartment|adresszusatz|adresse ligne 2|complément d'adresse|street 3",
    "address.city": "city|town|locality|city town village locality|城市|市|所在城市|stadt|ort|wohnort|ciudad|población|localidad|municipio|ville|commune",
    "address.district": "district|county|区|区县|县|landkreis|bezirk|distrito",
    "address.state": "state|province|state region|state province|region state|state county|省|省份|省市|所在省份|州|bundesland|estado|provincia|estado provincia|département postal|région",
    "address.postal": "postal code|zip|zip code|postcode|post code|zip postal code|code postal|邮编|邮政编码|plz|postleitzahl|código postal|cp",
    "address.country": "country|country region|country code|国家|国家地区|国家 地区|land|país|país región|pays|pays région",
}

# Words that put a column into the scope of the firm or of the person: `Company phone`, `联系人电话`.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "company": (
        "company",
        "account",
        "organization",
        "organisation",
        "firm",
        "customer",
        "client",
        "corporate",
        "公司",
        "客户",
        "单位",
        "企业",
        "firma",
        "firmen",
        "unternehmens",
        "empresa",
        "societe",
        "entreprise",
    ),
    "person": ("contact", "person", "primary contact", "main contact", "联系人", "kontakt", "ansprechpartner", "contacto", "lead"),
    "deal": ("deal", "opportunity", "商机"),
}

# Which label an address or number gets in a list of several.
VALUE_LABELS: Mapping[str, str] = {"mobile": "mobile", "home_phone": "home", "other_phone": "other", "email_2": "other"}

# Words before the parts of an address that say which address it is, in the order in which one is taken for *the* address.
ADDRESS_VARIANTS: Mapping[str, str] = {
    "": "",
    "address": "",
    "primary": "",
    "mailing": "mailing",
    "mail": "mailing",
    "postal": "mailing",
    "correspondence": "mailing",
    "billing": "billing",
    "invoice": "billing",
    "billing address": "billing",
    "mailing address": "mailing",
    "business": "business",
    "work": "business",
    "office": "business",
    "company": "business",
    "organization": "business",
    "address 1": "1",
    "home": "home",
    "other": "other",
    "address 2": "2",
    "address 3": "3",
    "shipping": "shipping",
    "delivery": "shipping",
    "shipping address": "shipping",
    "注册": "billing",
    "办公": "business",
    "收货": "shipping",
    "发货": "shipping",
    "rechnungs": "billing",
    "liefer": "shipping",
}
VARIANT_ORDER = ("", "mailing", "billing", "business", "1", "home", "other", "2", "3", "shipping")

# Columns that name somebody or something else than the row itself: never the row's own name, phone or address.
FOREIGN = frozenset(
    {
        "owner",
        "contact_owner",
        "company_owner",
        "deal_owner",
        "case_owner",
        "creator",
        "modifier",
        "owner_department",
        "parent_company",
        "reports_to",
        "assistant_name",
        "assistant_phone",
    }
)
# Concepts whose yes is the other's no.
INVERSE = {"email_opt_out": "email_opt_in", "email_opt_in": "email_opt_out"}


@dataclass(frozen=True)
class Meaning:
    """What a column is about: concept, whose (`company`, `person`, `deal` or "" for the row itself), which address."""

    concept: str
    scope: str = ""
    variant: str = ""


ALIASES: Mapping[str, str] = {
    header_key(alias): concept for concept, names in reversed(list(_NAMES.items())) for alias in names.split("|")
} | {header_key(concept): concept for concept in _NAMES}


def meaning(key: str) -> Meaning | None:
    """Find what a header key means, with its scope and address variant; None when no name fits."""
    concept = ALIASES.get(key)
    if concept:
        return Meaning(concept)
    for scope, words in SCOPES.items():
        for word in words:
            rest = _after(key, word)
            if rest:
                inner = _address(rest) or (Meaning(ALIASES[rest]) if rest in ALIASES else None)
                if inner:
                    return Meaning(inner.concept, scope, inner.variant)
    return _address(key)


def _address(key: str) -> Meaning | None:
    # Pipedrive names the parts of an address `City/town/village/locality of Company Address`.
    part, of, whole = key.partition(" of ")
    if of and whole.endswith("address") and ALIASES.get(part, "").startswith("address."):
        return Meaning(ALIASES[part])
    for word, variant in ADDRESS_VARIANTS.items():
        rest = _after(key, word) if word else ""
        if rest:
            concept = ALIASES.get(rest, "")
            if concept.startswith("address"):
                return Meaning(concept, "", variant)
    return None


def _after(key: str, word: str) -> str:
    """Return what follows a leading word: whole words in spaced scripts, any text in Chinese."""
    if not key.startswith(word) or key == word:
        return ""
    rest = key[len(word) :]
    if rest[0] == " ":
        return rest[1:]
    return "" if word.isascii() else rest.removeprefix("的")


KNOWN_NAMES = frozenset(ALIASES)
